//! The report as a page.

use super::outline::{Cell, Head, Section, head, sections};
use lintel_domain::quality::QualityReport;
use std::fmt::{self, Write};

const STYLE: &str = include_str!("page.css");

/// A whole HTML document that loads nothing and runs nothing.
pub fn html(report: &QualityReport) -> String {
    let mut page = String::with_capacity(16 * 1024);
    // Writing to a string cannot fail.
    let _ = document(&mut page, report);
    page
}

fn document(page: &mut String, report: &QualityReport) -> fmt::Result {
    let Head { title, score, facts } = head(report);
    write!(
        page,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"robots\" content=\"noindex\">\n<title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n\
         <body>\n<main>\n<h1>{title}</h1>\n",
        title = Escaped(&title)
    )?;
    match score {
        Some(score) => writeln!(page, "<p class=\"score\"><strong>{score}</strong> of 100 {}</p>", Meter(score))?,
        None => page.write_str("<p class=\"score\">There was nothing to judge.</p>\n")?,
    }
    page.write_str("<dl>\n")?;
    for (name, fact) in &facts {
        writeln!(page, "<dt>{}</dt><dd>{}</dd>", Escaped(name), Escaped(fact))?;
    }
    page.write_str("</dl>\n")?;
    for section in sections(report) {
        table(page, &section)?;
    }
    page.write_str(
        "<p class=\"about\">Records are named by their keys at the source. This page holds no value of anybody's; what people have in common is masked.</p>\n</main>\n</body>\n</html>\n",
    )
}

fn table(page: &mut String, section: &Section) -> fmt::Result {
    write!(
        page,
        "<section>\n<h2>{}</h2>\n<p class=\"about\">{}</p>\n",
        Escaped(section.title),
        Escaped(section.about)
    )?;
    if section.rows.is_empty() {
        return writeln!(page, "<p class=\"none\">{}</p>\n</section>", Escaped(section.none));
    }
    page.write_str("<div class=\"wide\">\n<table>\n<thead><tr>")?;
    for (at, column) in section.columns.iter().enumerate() {
        let numeric = section.rows.first().and_then(|row| row.get(at)).is_some_and(Cell::is_number);
        let class = if numeric { " class=\"number\"" } else { "" };
        write!(page, "<th scope=\"col\"{class}>{}</th>", Escaped(column))?;
    }
    page.write_str("</tr></thead>\n<tbody>\n")?;
    for row in &section.rows {
        page.write_str("<tr>")?;
        for cell in row {
            write!(page, "{cell}")?;
        }
        page.write_str("</tr>\n")?;
    }
    page.write_str("</tbody>\n</table>\n</div>\n")?;
    if section.left_out > 0 {
        writeln!(page, "<p class=\"more\">and {} more</p>", section.left_out)?;
    }
    page.write_str("</section>\n")
}

impl Cell {
    fn is_number(&self) -> bool {
        matches!(self, Self::Count(_) | Self::Share(_))
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "<td>{}</td>", Escaped(text)),
            Self::Count(count) => write!(f, "<td class=\"number\">{count}</td>"),
            Self::Share(share) => write!(f, "<td class=\"number\">{share} {}</td>", Meter(*share)),
            Self::Names(names, left_out) => {
                f.write_str("<td>")?;
                for (at, name) in names.iter().enumerate() {
                    let between = if at == 0 { "" } else { ", " };
                    write!(f, "{between}<code>{}</code>", Escaped(name))?;
                }
                if *left_out > 0 {
                    write!(f, " <span class=\"more\">and {left_out} more</span>")?;
                }
                f.write_str("</td>")
            }
        }
    }
}

struct Meter(u8);

impl fmt::Display for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let share = self.0;
        write!(f, "<meter min=\"0\" max=\"100\" low=\"70\" high=\"90\" optimum=\"100\" value=\"{share}\"></meter>")
    }
}

/// Text that is only text, between tags and within quotes.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for letter in self.0.chars() {
            match letter {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                letter => f.write_char(letter)?,
            }
        }
        Ok(())
    }
}
