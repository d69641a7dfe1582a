//! Figures beside their bars, and which were missed.

#[derive(Debug, Default)]
pub struct Verdict {
    missed: Vec<String>,
}

impl Verdict {
    pub fn bar(&mut self, name: &str, figure: f64, most: f64) {
        let met = figure <= most;
        println!("  {name}: {figure:.3} (bar {most}){}", if met { "" } else { " MISSED" });
        self.note(met, name);
    }

    pub fn exactly(&mut self, name: &str, figure: u64, wanted: u64) {
        let met = figure == wanted;
        println!("  {name}: {figure} (bar {wanted}){}", if met { "" } else { " MISSED" });
        self.note(met, name);
    }

    /// # Errors
    /// When a bar was missed.
    pub fn tell(self) -> anyhow::Result<()> {
        anyhow::ensure!(self.missed.is_empty(), "missed: {}", self.missed.join("; "));
        println!("every bar met");
        Ok(())
    }

    fn note(&mut self, met: bool, name: &str) {
        if !met {
            self.missed.push(name.to_owned());
        }
    }
}
