//! One seed: from a fresh world through everything that can go wrong to quiet.

use super::{
    drive::{Asked, Drive},
    pair::Pair,
    places::{Places, Source},
    promises,
    shape::Shape,
    tenants::Tenants,
    world::World,
};
use crate::Failure;
use jiff::SignedDuration;
use lintel_sandbox::faults::FaultScript;

/// A seed's world, and what drives it.
struct Simulation<'a, W> {
    drive: &'a mut Drive,
    world: W,
}

/// Runs a seed and answers the steps it took. Deterministic: the same seed takes the same ones.
pub async fn run(seed: u64, steps: usize) -> Result<Vec<String>, Box<Failure>> {
    let mut rng = fastrand::Rng::with_seed(seed ^ 0x5eed);
    let shape = Shape::draw(seed, &mut rng);
    let failed =
        |error: &anyhow::Error, steps: Vec<String>| Box::new(Failure { seed, what: format!("{error:#}"), steps });
    let places = Places::open(seed, &shape).await.map_err(|error| failed(&error, vec![shape.to_string()]))?;
    let source = places.source.clone();
    let mut drive = Drive::new(places, rng, shape.to_string());
    let lived = match source {
        Source::Account(account) => {
            let world = Tenants::of(account, &drive.places, shape);
            Simulation { drive: &mut drive, world }.live(steps).await
        }
        Source::Portal(portal) => {
            let world = Pair::of(portal, &mut drive, shape);
            Simulation { drive: &mut drive, world }.live(steps).await
        }
    };
    match lived {
        Ok(()) => Ok(drive.steps),
        Err(error) => Err(failed(&error, drive.steps)),
    }
}

impl<W: World> Simulation<'_, W> {
    async fn live(mut self, steps: usize) -> anyhow::Result<()> {
        for _ in 0..steps {
            self.step().await?;
            self.tell_besides();
            self.note_agreement().await?;
            promises::no_run_is_given_up(self.drive).await?;
            self.world.on_the_way(self.drive).await?;
        }
        self.drive.steps.push("quiet".to_owned());
        self.settle().await?;
        self.tell_besides();
        self.note_agreement().await?;
        self.world.on_the_way(self.drive).await?;
        self.world.at_rest(self.drive).await?;
        promises::quiet_runs_do_nothing::<W>(self.drive).await
    }

    async fn step(&mut self) -> anyhow::Result<()> {
        let Self { drive, world } = self;
        match drive.rng.u8(0..100) {
            0..20 => {
                let links = drive.links().await?;
                drive.steps.push(world.at_the_source(&mut drive.rng, &links));
            }
            20..22 => {
                let links = drive.links().await?;
                drive.steps.push(world.between_pages(&mut drive.rng, &links));
            }
            22..25 => {
                let links = drive.links().await?;
                let (told, record) = world.with_an_event(&mut drive.rng, &links);
                drive.event(told, record).await?;
            }
            25..37 => {
                let links = drive.links().await?;
                drive.steps.push(world.at_the_target(&mut drive.rng, &links));
            }
            37..43 => drive.dispatch(Asked::ByTheClock).await?,
            43..89 => drive.work(W::ASKED).await?,
            89..95 => drive.let_time_pass().await,
            _ => drive.change_moods(),
        }
        Ok(())
    }

    async fn note_agreement(&mut self) -> anyhow::Result<()> {
        let links = self.drive.links().await?;
        self.world.note_agreement(&links);
        Ok(())
    }

    fn tell_besides(&mut self) {
        let besides = self.world.happened_besides();
        self.drive.steps.extend(besides.into_iter().map(|told| format!("    {told}")));
    }

    /// Faults stop; everything outstanding is done, and everything is looked at until nothing changes any more.
    async fn settle(&mut self) -> anyhow::Result<()> {
        self.drive.places.load_faults(&FaultScript::default(), &FaultScript::default());
        self.world.let_plans_happen(self.drive.places.now())?;
        self.tell_besides();
        self.drive.rest().await?;
        for (number, round) in W::ROUNDS.iter().enumerate() {
            if number > 0 {
                // What somebody claimed and never wrote is free after a while.
                self.drive.places.pass(SignedDuration::from_hours(2)).await;
            }
            self.drive.until_nothing_changes(round).await?;
        }
        Ok(())
    }
}
