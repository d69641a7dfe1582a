//! A mapping ready to be used.

use super::{FieldMapping, MappingError, Mappings, StreamMapping};
use crate::{
    manifest::{Manifest, Write},
    records::Item,
};
use jiff::Timestamp;
use lintel_domain::{
    records::{Currency, Entity, FieldFault, FieldKind, Fields, Problem, Record, RecordKey},
    sync::Changes,
};
use lintel_formats::expression::{EvaluationError, Expression, Expressions, Place};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// One stream's mapping, compiled.
#[derive(Debug)]
pub struct Mapping {
    name: String,
    stream: String,
    entity: Entity,
    fields: Vec<Field>,
    /// What the fields that are more than a place in the record are, the record's own expressions before them.
    expressions: Expressions,
    when: Option<usize>,
    key: Option<usize>,
    updated_at: Option<usize>,
    empty: Value,
    /// The vendor's fields a record is made with, and what they are.
    at_first: (Vec<String>, Expressions),
}

#[derive(Debug)]
struct Field {
    name: &'static str,
    kind: FieldKind,
    read: Way,
    /// Applied to what `read` finds.
    after: Option<Expression>,
    /// The vendor's field, where it is written.
    vendor: Option<String>,
    write: Option<Expression>,
}

/// How a value is found in a record.
#[derive(Debug)]
enum Way {
    /// Keys from the record inwards.
    Path(Vec<String>),
    /// The place among the expressions.
    Expression(usize),
}

/// A record that was read.
#[derive(Clone, Debug)]
pub struct Mapped {
    pub record: Record,
    /// Values that were left out.
    pub faults: Vec<FieldFault>,
    pub updated_at: Option<Timestamp>,
}

impl Mapping {
    /// Compiles a stream's mapping. `overrides` replace single fields: an expression, or the vendor's field for streams that are written;
    /// empty text drops a field.
    pub fn compile(
        manifest: &Manifest,
        name: &str,
        mappings: &Mappings,
        overrides: &BTreeMap<String, String>,
    ) -> Result<Self, MappingError> {
        let vendor = &manifest.vendor;
        let unknown = || MappingError::Unknown { vendor: vendor.clone(), stream: name.to_owned() };
        let mapping = mappings.get(name).ok_or_else(unknown)?;
        let stream = mapping.stream.as_deref().unwrap_or(name);
        let described = manifest.streams.get(stream).ok_or_else(|| MappingError::Faulty {
            vendor: vendor.clone(),
            stream: name.to_owned(),
            place: "stream".to_owned(),
            reason: format!("the manifest has no stream `{stream}`"),
        })?;
        let compiler = Compiler { vendor, name, mapping, write: described.write.as_ref() };
        compiler.compile(stream, overrides)
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// The vendor's stream the records stand in.
    pub fn stream(&self) -> &str {
        &self.stream
    }

    /// The id of the vendor's record in which one of these ids is told of: where the mapping makes keys of its own, they begin with it,
    /// `7/emergency`.
    pub fn told_by<'i>(&self, id: &'i str) -> &'i str {
        match self.key {
            Some(_) => id.split('/').next().unwrap_or(id),
            None => id,
        }
    }

    pub fn entity(&self) -> Entity {
        self.entity
    }

    /// The canonical fields with their kinds.
    pub fn fields(&self) -> impl Iterator<Item = (&'static str, FieldKind)> {
        self.fields.iter().map(|field| (field.name, field.kind))
    }

    /// The canonical fields that are written.
    pub fn written(&self) -> impl Iterator<Item = (&'static str, FieldKind)> {
        self.fields.iter().filter(|field| field.vendor.is_some()).map(|field| (field.name, field.kind))
    }

    /// The vendor's field a canonical one is written to.
    pub fn vendor_field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|field| field.name == name)?.vendor.as_deref()
    }

    /// In which of the vendor's fields a canonical one stands, and in what form: the same text for the same words of a mapping.
    pub fn way(&self, name: &str) -> String {
        let Some(field) = self.fields.iter().find(|field| field.name == name) else { return String::new() };
        let code = |expression: &Option<Expression>| expression.as_ref().map(|one| one.code().to_owned());
        format!("{name} {:?} {:?} {:?}", field.vendor, code(&field.after), code(&field.write))
    }

    /// The vendor's fields, for streams that send only what is asked for.
    pub fn vendor_fields(&self) -> Vec<String> {
        self.fields.iter().filter_map(|field| field.vendor.clone()).collect()
    }

    /// A vendor's record in canonical form; `None` when it is not one of those meant, or has no id.
    pub fn read(&self, item: &Item, currency: Currency) -> Option<Mapped> {
        if !item.has_id() {
            return None;
        }
        let mut evaluated = self.expressions.evaluate(&item.content);
        let found = |place: Option<usize>| evaluated.get(place?)?.as_ref().ok();
        if self.when.is_some() && matches!(found(self.when), None | Some(Value::Null | Value::Bool(false))) {
            return None;
        }
        let id = found(self.key)
            .and_then(|id| id.as_str().map(str::to_owned).or_else(|| id.as_i64().map(|id| id.to_string())));
        let key = RecordKey::new(&self.name, id.as_deref().unwrap_or(&item.key));
        let updated_at = found(self.updated_at).and_then(Value::as_str).and_then(moment);
        let mut faults = Vec::new();
        let values = self.fields.iter().filter_map(|field| match field.find(&item.content, &mut evaluated) {
            Ok(value) => Some((field.name, value)),
            Err(problem) => {
                faults.push(FieldFault { field: field.name.to_owned(), problem });
                None
            }
        });
        let (fields, unread) = Fields::read(self.entity, values.collect::<Vec<_>>(), currency);
        faults.extend(unread);
        Some(Mapped { record: Record { entity: self.entity, key, fields }, faults, updated_at })
    }

    /// What a record is made with beside its changes.
    pub fn at_first(&self, fields: &Fields) -> Map<String, Value> {
        let (names, expressions) = &self.at_first;
        let values = expressions.evaluate(&Value::Object(fields.to_json()));
        let filled = |(name, value): (&String, Result<Value, _>)| {
            Some((name.clone(), value.ok().filter(|value| !value.is_null() && *value != "")?))
        };
        names.iter().zip(values).filter_map(filled).collect()
    }

    /// What the vendor will have of a value that is written: less than was there, where its field cannot hold all of it.
    pub fn as_written(&self, name: &str, value: &Value, currency: Currency) -> Option<Value> {
        let field = self.fields.iter().find(|field| field.name == name)?;
        if field.write.is_none() {
            return Some(value.clone());
        }
        let changes = Changes::from([(field.name, Some(value.clone()))]);
        let written = self.write(&changes).into_values().next()?;
        let read = match &field.after {
            Some(after) => after.evaluate(&written).ok()?,
            None => written,
        };
        field.kind.read(read, currency).ok().flatten()
    }

    /// Changes in the vendor's fields; those of fields that are not written are left out.
    pub fn write(&self, changes: &Changes) -> Map<String, Value> {
        let mut values = Map::new();
        for field in &self.fields {
            let (Some(vendor), Some(change)) = (&field.vendor, changes.get(field.name)) else { continue };
            let value = match (change, &field.write) {
                (None, _) => self.empty.clone(),
                (Some(value), None) => field.kind.plain(value),
                (Some(value), Some(write)) => write.evaluate(value).unwrap_or_else(|_| self.empty.clone()),
            };
            values.insert(vendor.clone(), value);
        }
        values
    }
}

impl Field {
    /// Each of the evaluated values belongs to one field, which takes it.
    fn find(&self, record: &Value, evaluated: &mut [Result<Value, EvaluationError>]) -> Result<Value, Problem> {
        let value = match &self.read {
            Way::Path(keys) => keys.iter().try_fold(record, |value, key| value.get(key)).cloned().unwrap_or_default(),
            Way::Expression(place) => match evaluated.get_mut(*place) {
                Some(Ok(value)) => std::mem::take(value),
                _ => return Err(Problem::Expression),
            },
        };
        match &self.after {
            Some(after) if !value.is_null() => after.evaluate(&value).map_err(|_| Problem::Expression),
            _ => Ok(value),
        }
    }
}

struct Compiler<'a> {
    vendor: &'a str,
    name: &'a str,
    mapping: &'a StreamMapping,
    write: Option<&'a Write>,
}

impl Compiler<'_> {
    fn compile(&self, stream: &str, overrides: &BTreeMap<String, String>) -> Result<Mapping, MappingError> {
        // Where each expression stands in the file, beside the expression.
        let mut codes: Vec<(String, String)> = Vec::new();
        let mut own = |place: &str, code: &Option<String>| {
            code.as_ref().map(|code| {
                codes.push((place.to_owned(), code.clone()));
                codes.len() - 1
            })
        };
        let when = own("when", &self.mapping.when);
        let key = own("key", &self.mapping.key);
        let updated_at = own("updated_at", &self.mapping.updated_at);
        let mut fields = Vec::new();
        for (name, field) in self.all(overrides) {
            let field = self.field(&name, &field, &mut codes)?;
            self.look_at_place(&field, &fields)?;
            fields.push(field);
        }
        let texts: Vec<&str> = codes.iter().map(|(_, code)| code.as_str()).collect();
        let shared: Vec<(&str, &str)> =
            self.mapping.shared.iter().map(|(name, code)| (name.as_str(), code.as_str())).collect();
        let expressions = Expressions::with(&shared, &texts).map_err(|(at, error)| {
            let place = match at {
                Place::Shared(at) => shared.get(at).map(|(name, _)| format!("let.{name}")),
                Place::Each(at) => codes.get(at).map(|(place, _)| place.clone()),
            };
            self.fault(&place.unwrap_or_default(), format!("the expression {error}"))
        })?;
        let (names, first): (Vec<&String>, Vec<&str>) =
            self.mapping.at_first.iter().map(|(name, code)| (name, code.as_str())).unzip();
        let first = Expressions::compile(&first).map_err(|(at, error)| {
            let name = names.get(at).map_or("", |name| name.as_str());
            self.fault(&format!("at_first.{name}"), format!("the expression {error}"))
        })?;
        let at_first = (names.into_iter().cloned().collect(), first);
        let empty = self.write.and_then(|write| write.empty.clone()).map_or(Value::Null, Value::String);
        Ok(Mapping {
            name: self.name.to_owned(),
            stream: stream.to_owned(),
            entity: self.mapping.entity,
            fields,
            expressions,
            when,
            key,
            updated_at,
            empty,
            at_first,
        })
    }

    /// Where a field is written nothing else of ours stands.
    fn look_at_place(&self, field: &Field, others: &[Field]) -> Result<(), MappingError> {
        let (Some(write), Some(vendor)) = (self.write, &field.vendor) else { return Ok(()) };
        let place = format!("fields.{}", field.name);
        if *vendor == write.identity {
            return Err(self.fault(&place, format!("`{vendor}` holds the key of the record")));
        }
        match others.iter().find(|other| other.vendor.as_ref() == Some(vendor)) {
            Some(other) => Err(self.fault(&place, format!("`{vendor}` is where `{}` stands", other.name))),
            None => Ok(()),
        }
    }

    /// The fields with the overrides among them.
    fn all(&self, overrides: &BTreeMap<String, String>) -> BTreeMap<String, FieldMapping> {
        let mut all = self.mapping.fields.clone();
        for (name, text) in overrides {
            match text.as_str() {
                "" => {
                    all.remove(name);
                }
                text if self.write.is_some() => {
                    all.insert(name.clone(), FieldMapping::Both { field: text.to_owned(), read: None, write: None });
                }
                text => {
                    all.insert(name.clone(), FieldMapping::Read(text.to_owned()));
                }
            }
        }
        all
    }

    fn field(
        &self,
        name: &str,
        field: &FieldMapping,
        codes: &mut Vec<(String, String)>,
    ) -> Result<Field, MappingError> {
        let place = format!("fields.{name}");
        let known = self.mapping.entity.field(name);
        let known = known.ok_or_else(|| self.fault(&place, format!("a {} has no such field", self.mapping.entity)))?;
        let compiled = |code: &Option<String>| {
            let compiled = code.as_deref().map(Expression::compile).transpose();
            compiled.map_err(|error| self.fault(&place, format!("the expression {error}")))
        };
        let (read, after, vendor, write) = match field {
            FieldMapping::Read(code) => match path(code) {
                Some(keys) => (Way::Path(keys), None, None, None),
                None => {
                    codes.push((place.clone(), code.clone()));
                    (Way::Expression(codes.len() - 1), None, None, None)
                }
            },
            FieldMapping::Both { field, read, write } => {
                let form = self.write.ok_or_else(|| self.fault(&place, "the stream is only read".to_owned()))?;
                let pointer = form.pointer(field);
                let keys = pointer.split('/').skip(1).map(str::to_owned).collect();
                (Way::Path(keys), compiled(read)?, Some(field.clone()), compiled(write)?)
            }
        };
        Ok(Field { name: known.name, kind: known.kind, read, after, vendor, write })
    }

    fn fault(&self, place: &str, reason: String) -> MappingError {
        let (vendor, stream) = (self.vendor.to_owned(), self.name.to_owned());
        MappingError::Faulty { vendor, stream, place: place.to_owned(), reason }
    }
}

/// `.A.B` is a place in the record: looked up at once, which costs a fourth of any expression.
fn path(code: &str) -> Option<Vec<String>> {
    let keys: Vec<&str> = code.trim().strip_prefix('.')?.split('.').collect();
    let is_key = |key: &&str| {
        key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    keys.iter().all(is_key).then(|| keys.into_iter().map(str::to_owned).collect())
}

fn moment(text: &str) -> Option<Timestamp> {
    text.parse().or_else(|_| format!("{text}Z").parse()).ok()
}
