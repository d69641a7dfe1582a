//! A place in the template that knows its own path, so that every error can say where.

use serde_json::Value;

use super::TemplateError;

#[derive(Clone, Debug)]
pub(super) struct Node<'a> {
    pub(super) value: &'a Value,
    pub(super) at: String,
}

impl<'a> Node<'a> {
    pub(super) fn new(value: &'a Value, at: &str) -> Self {
        Self { value, at: at.to_owned() }
    }

    pub(super) fn find(&self, path: &str) -> Option<Node<'a>> {
        let mut value = self.value;
        for part in path.split('.') {
            value = value.get(part)?;
        }
        Some(Node { value, at: format!("{}.{path}", self.at) })
    }

    pub(super) fn need(&self, path: &str) -> Result<Node<'a>, TemplateError> {
        self.find(path).ok_or_else(|| TemplateError::Missing { at: format!("{}.{path}", self.at) })
    }

    pub(super) fn text(&self) -> Result<&'a str, TemplateError> {
        self.value.as_str().ok_or_else(|| self.wrong("text"))
    }

    pub(super) fn number(&self) -> Result<u64, TemplateError> {
        self.value.as_u64().ok_or_else(|| self.wrong("a whole number"))
    }

    pub(super) fn list(&self) -> Result<Vec<Node<'a>>, TemplateError> {
        let items = self.value.as_array().ok_or_else(|| self.wrong("a list"))?;
        Ok(items.iter().enumerate().map(|(n, value)| Node { value, at: format!("{}[{n}]", self.at) }).collect())
    }

    pub(super) fn pairs(&self) -> Result<Vec<(&'a str, Node<'a>)>, TemplateError> {
        let map = self.value.as_object().ok_or_else(|| self.wrong("a map"))?;
        Ok(map.iter().map(|(key, value)| (key.as_str(), Node { value, at: format!("{}.{key}", self.at) })).collect())
    }

    pub(super) fn wrong(&self, wanted: &'static str) -> TemplateError {
        TemplateError::Wrong { at: self.at.clone(), wanted }
    }
}
