//! The office's columns, and what each cell takes (sections 5 and 8).

use super::refusals;
use crate::answer::Answer;
use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::TimeZone,
};
use serde_json::{Map, Value, json};

/// Cells by column name. Empty ones are absent.
pub(super) type Cells = Map<String, Value>;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Text, with the vendor's word for its form.
    Text(&'static str),
    Number,
    Checkbox,
    Date,
    DateTime,
    /// One of the choices, of which these are there from the start.
    Select(&'static [&'static str]),
    /// Worked out by the vendor, with the vendor's word for how; never written.
    Computed(&'static str),
}

const LINE: Kind = Kind::Text("singleLineText");
const LINES: Kind = Kind::Text("multilineText");

const COLUMNS: [(&str, Kind); 38] = [
    ("Reservation UID", LINE),
    ("Version", Kind::Number),
    ("ICS URL", LINE),
    ("Property Name", LINE),
    ("Check-in Date", Kind::Date),
    ("Check-out Date", Kind::Date),
    ("Status", Kind::Select(&["New", "Modified", "Old", "Removed"])),
    ("Entry Type", Kind::Select(&["Reservation", "Block"])),
    ("Service Type", Kind::Select(&["Turnover", "Return Laundry", "Inspection", "Needs Review", "No Service"])),
    ("Overlapping Dates", Kind::Checkbox),
    ("Same-day Turnover", Kind::Checkbox),
    ("Owner Arriving", Kind::Checkbox),
    ("Long Term Guest", Kind::Checkbox),
    ("Next Guest Date", Kind::Date),
    ("iTrip Next Guest Date", Kind::Date),
    ("Custom Service Time", Kind::DateTime),
    ("Custom Service Line Instructions", LINES),
    ("Final Service Time", Kind::Computed("formula")),
    ("Service Time", Kind::DateTime),
    ("Service Line Description", LINE),
    ("HCP Service Line Description", LINE),
    ("Service Job ID", LINE),
    ("Service Appointment ID", LINE),
    ("Job Creation Time", Kind::DateTime),
    ("Job Status", Kind::Select(&[])),
    ("Assignee", LINE),
    ("On My Way Time", Kind::DateTime),
    ("Job Started Time", Kind::DateTime),
    ("Job Completed Time", Kind::DateTime),
    ("Scheduled Service Time", Kind::DateTime),
    ("Sync Status", Kind::Select(&["Synced", "Wrong Date", "Wrong Time", "Not Created"])),
    ("Sync Date and Time", Kind::Computed("lastModifiedTime")),
    ("Schedule Sync Details", LINES),
    ("Service Sync Details", LINES),
    ("Missing Count", Kind::Number),
    ("Missing Since", Kind::DateTime),
    ("Last Updated", Kind::DateTime),
    ("Custom Service Type", Kind::Select(&["Turnover", "Inspection", "Return Laundry", "No Service"])),
];

/// Whether values that do not fit are converted, and unknown choices created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Typecast {
    On,
    Off,
}

/// How the cells of an answer are keyed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyedBy {
    Name,
    FieldId,
}

/// One column of the table.
#[derive(Clone, Debug)]
struct Column {
    id: String,
    name: &'static str,
    kind: Kind,
    choices: Vec<String>,
}

/// The columns the operator has left in place.
#[derive(Debug)]
pub(super) struct Columns(Vec<Column>);

impl Columns {
    pub(super) fn of_the_office() -> Self {
        let column = |(index, (name, kind)): (usize, (&'static str, Kind))| Column {
            id: format!("fld{index:014}"),
            name,
            kind,
            choices: match kind {
                Kind::Select(choices) => choices.iter().map(|choice| (*choice).to_owned()).collect(),
                _ => Vec::new(),
            },
        };
        Self(COLUMNS.into_iter().enumerate().map(column).collect())
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.0.retain(|column| column.name != name);
    }

    /// Fields as the metadata call describes them.
    pub(super) fn described(&self) -> Vec<Value> {
        self.0
            .iter()
            .map(|column| {
                let mut field = json!({ "id": column.id, "name": column.name, "type": column.kind.word() });
                if matches!(column.kind, Kind::Select(_)) {
                    let choices: Vec<Value> = column.choices.iter().filter_map(|name| column.choice(name)).collect();
                    field["options"] = json!({ "choices": choices });
                }
                field
            })
            .collect()
    }

    /// A column's name, by its name or id.
    pub(super) fn name_of(&self, key: &str) -> Result<&'static str, Answer> {
        self.find(key).map(|column| column.name)
    }

    /// As `name_of`, for a column whose values can be compared in an upsert.
    pub(super) fn mergeable(&self, key: &str) -> Result<&'static str, Answer> {
        let column = self.find(key)?;
        if matches!(column.kind, Kind::Computed(_)) {
            return Err(refusals::invalid(&format!("Field \"{}\" cannot be merged on", column.name)));
        }
        Ok(column.name)
    }

    /// Cells as they would be stored: by name, converted, `null` where a cell is to be emptied.
    pub(super) fn stored(&mut self, fields: &Cells, typecast: Typecast) -> Result<Cells, Answer> {
        let mut cells = Cells::new();
        for (key, value) in fields {
            let name = self.name_of(key)?;
            let Some(column) = self.0.iter_mut().find(|column| column.name == name) else { continue };
            cells.insert(name.to_owned(), column.take(value, typecast)?);
        }
        Ok(cells)
    }

    /// Cells a caller sees of those it asked for; all of them when it named none. A select cell is its choice's name here.
    pub(super) fn shown(&self, cells: &Cells, wanted: &[&str], keyed: KeyedBy) -> Cells {
        let seen = self.0.iter().filter(|column| wanted.is_empty() || wanted.contains(&column.name));
        seen.filter_map(|column| {
            let value = cells.get(column.name)?.clone();
            let key = if keyed == KeyedBy::Name { column.name } else { column.id.as_str() };
            Some((key.to_owned(), value))
        })
        .collect()
    }

    /// Cells as webhook payloads carry them: by field id, select cells as objects.
    pub(super) fn told(&self, cells: &Cells) -> Cells {
        let told = self.0.iter().filter_map(|column| Some((column, cells.get(column.name)?)));
        told.map(|(column, value)| {
            let choice = value.as_str().and_then(|name| column.choice(name));
            (column.id.clone(), choice.unwrap_or_else(|| value.clone()))
        })
        .collect()
    }

    /// Whether a column's id is among these.
    pub(super) fn is_among(&self, name: &str, ids: &[String]) -> bool {
        self.find(name).is_ok_and(|column| ids.contains(&column.id))
    }

    fn find(&self, key: &str) -> Result<&Column, Answer> {
        let found = self.0.iter().find(|column| column.name == key || column.id == key);
        found.ok_or_else(|| refusals::unknown_field(key))
    }
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Text(word) | Self::Computed(word) => word,
            Self::Number => "number",
            Self::Checkbox => "checkbox",
            Self::Date => "date",
            Self::DateTime => "dateTime",
            Self::Select(_) => "singleSelect",
        }
    }
}

impl Column {
    fn choice(&self, name: &str) -> Option<Value> {
        let index = self.choices.iter().position(|choice| choice == name)?;
        let id = format!("sel{}{index:04}", self.id.get(7..).unwrap_or_default());
        Some(json!({ "id": id, "name": name, "color": "blueLight2" }))
    }

    /// A value as it is kept, `null` for an empty cell.
    fn take(&mut self, value: &Value, typecast: Typecast) -> Result<Value, Answer> {
        let refused = refusals::bad_value(self.name);
        if matches!(self.kind, Kind::Computed(_)) {
            return Err(refused);
        }
        if value.is_null() || *value == json!("") {
            return Ok(Value::Null);
        }
        let text = value.as_str();
        let kept = match self.kind {
            Kind::Text(_) => match typecast {
                _ if value.is_string() => Some(value.clone()),
                Typecast::On => Some(Value::from(value.to_string())),
                Typecast::Off => None,
            },
            Kind::Number => match typecast {
                _ if value.is_number() => Some(value.clone()),
                Typecast::On => text.and_then(|text| text.trim().parse::<f64>().ok()).map(Value::from),
                Typecast::Off => None,
            },
            Kind::Checkbox => match typecast {
                _ if value.is_boolean() => Some(value.clone()),
                Typecast::On => text.map(|text| Value::from(matches!(text, "true" | "checked" | "1"))),
                Typecast::Off => None,
            },
            Kind::Date => text.and_then(date).map(|date| Value::from(date.to_string())),
            Kind::DateTime => text.and_then(moment).map(|at| Value::from(super::stamp(at))),
            Kind::Select(_) => match text {
                Some(name) => Some(self.choose(name, typecast)?),
                None => None,
            },
            Kind::Computed(_) => None,
        };
        kept.map(|value| if value == json!(false) { Value::Null } else { value }).ok_or(refused)
    }

    fn choose(&mut self, name: &str, typecast: Typecast) -> Result<Value, Answer> {
        if !self.choices.iter().any(|choice| choice == name) {
            if typecast == Typecast::Off {
                return Err(refusals::no_choice(name));
            }
            self.choices.push(name.to_owned());
        }
        Ok(Value::from(name))
    }
}

/// ISO, and month first with slashes.
fn date(text: &str) -> Option<Date> {
    text.parse().or_else(|_| Date::strptime("%m/%d/%Y", text)).ok()
}

/// ISO with an offset; without one, in the field's zone, which is UTC here.
fn moment(text: &str) -> Option<Timestamp> {
    let civil = || text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    text.parse().ok().or_else(civil)
}
