//! `Ref`, `Fn::Sub`, `Fn::GetAtt` and `Fn::Join`, as far as text and references to the template's own resources go.

use std::collections::BTreeMap;

use serde_json::Value;

use super::node::Node;
use super::{LogicalId, TemplateError};

/// What a value comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Resolved {
    Text(String),
    /// A resource itself, or one attribute of it.
    Resource(LogicalId),
}

#[derive(Debug)]
pub(super) struct Resolver<'a> {
    resources: &'a Value,
    parameters: BTreeMap<String, String>,
}

impl<'a> Resolver<'a> {
    /// Given values over declared defaults.
    pub(super) fn new(template: &'a Value, given: &BTreeMap<String, String>) -> Result<Self, TemplateError> {
        let declared = template.get("Parameters").and_then(Value::as_object);
        let mut parameters = BTreeMap::new();
        for (name, parameter) in declared.into_iter().flatten() {
            let default = parameter.get("Default").and_then(scalar);
            let value = given.get(name).cloned().or(default);
            parameters.insert(name.clone(), value.ok_or_else(|| TemplateError::Parameter(name.clone()))?);
        }
        if let Some(unknown) = given.keys().find(|name| !parameters.contains_key(*name)) {
            return Err(TemplateError::Parameter(unknown.clone()));
        }
        Ok(Self { resources: template.get("Resources").unwrap_or(&Value::Null), parameters })
    }

    pub(super) fn text(&self, node: &Node<'_>) -> Result<String, TemplateError> {
        match self.resolve(node)? {
            Resolved::Text(text) => Ok(text),
            Resolved::Resource(_) => Err(node.wrong("text that is known before deployment")),
        }
    }

    pub(super) fn resource(&self, node: &Node<'_>) -> Result<LogicalId, TemplateError> {
        match self.resolve(node)? {
            Resolved::Resource(id) => Ok(id),
            Resolved::Text(_) => Err(node.wrong("a reference to a resource of this template")),
        }
    }

    pub(super) fn resolve(&self, node: &Node<'_>) -> Result<Resolved, TemplateError> {
        if let Some(text) = scalar(node.value) {
            return Ok(Resolved::Text(text));
        }
        let pairs = node.pairs()?;
        match pairs.as_slice() {
            [("Ref", name)] => self.named(name.text()?, node),
            [("Fn::GetAtt", parts)] => {
                let parts = parts.list()?;
                let resource = parts.first().ok_or_else(|| node.wrong("a resource and an attribute"))?;
                self.own_resource(resource.text()?, node).map(Resolved::Resource)
            }
            [("Fn::Sub", pattern)] => self.substitute(pattern.text()?, node).map(Resolved::Text),
            [("Fn::Join", parts)] => match parts.list()?.as_slice() {
                [between, items] => {
                    let items: Result<Vec<_>, _> = items.list()?.iter().map(|item| self.text(item)).collect();
                    Ok(Resolved::Text(items?.join(between.text()?)))
                }
                _ => Err(node.wrong("a separator and a list")),
            },
            _ => Err(node.wrong("text, Ref, Fn::Sub, Fn::GetAtt or Fn::Join")),
        }
    }

    fn named(&self, name: &str, node: &Node<'_>) -> Result<Resolved, TemplateError> {
        if let Some(value) = self.parameters.get(name) {
            return Ok(Resolved::Text(value.clone()));
        }
        let pseudo = match name {
            "AWS::Region" => Some(lintel_local_aws::REGION),
            "AWS::AccountId" => Some(lintel_local_aws::ACCOUNT),
            "AWS::Partition" => Some("aws"),
            "AWS::URLSuffix" => Some("amazonaws.com"),
            "AWS::StackName" => Some("lintel"),
            _ => None,
        };
        match pseudo {
            Some(text) => Ok(Resolved::Text(text.to_owned())),
            None => self.own_resource(name, node).map(Resolved::Resource),
        }
    }

    fn own_resource(&self, name: &str, node: &Node<'_>) -> Result<LogicalId, TemplateError> {
        match self.resources.get(name) {
            Some(_) => Ok(LogicalId::new(name)),
            None => Err(TemplateError::Dangling { at: node.at.clone(), name: name.to_owned() }),
        }
    }

    fn substitute(&self, pattern: &str, node: &Node<'_>) -> Result<String, TemplateError> {
        let mut out = String::new();
        let mut rest = pattern;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}').ok_or_else(|| node.wrong("text with closed braces"))?;
            out.push_str(before);
            match self.named(name, node)? {
                Resolved::Text(text) => out.push_str(&text),
                Resolved::Resource(_) => return Err(node.wrong("text that is known before deployment")),
            }
            rest = after;
        }
        out.push_str(rest);
        Ok(out)
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        _ => None,
    }
}
