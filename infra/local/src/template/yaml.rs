//! YAML with CloudFormation's short tags, made into plain JSON values with the long forms.

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value, json};

use super::TemplateError;

/// Reads the first document of a text; `!Ref x` becomes `{"Ref": "x"}`, `!GetAtt a.b` becomes
/// `{"Fn::GetAtt": ["a", "b"]}`, and so on.
///
/// # Errors
/// When the text is not YAML, is empty, or has keys that are not text.
pub fn plain(text: &str) -> Result<Value, TemplateError> {
    let documents = Yaml::load_from_str(text).map_err(|error| TemplateError::Yaml(error.to_string()))?;
    documents.first().ok_or_else(|| TemplateError::Yaml("there is no document".to_owned())).and_then(value)
}

fn value(node: &Yaml<'_>) -> Result<Value, TemplateError> {
    match node {
        Yaml::Value(Scalar::Null) => Ok(Value::Null),
        Yaml::Value(Scalar::Boolean(yes)) => Ok(Value::Bool(*yes)),
        Yaml::Value(Scalar::Integer(number)) => Ok(json!(number)),
        Yaml::Value(Scalar::FloatingPoint(number)) => Ok(json!(number.into_inner())),
        Yaml::Value(Scalar::String(text)) => Ok(Value::String(text.to_string())),
        Yaml::Sequence(items) => items.iter().map(value).collect(),
        Yaml::Mapping(pairs) => {
            let mut map = Map::new();
            for (key, item) in pairs {
                let key = key.as_str().ok_or_else(|| TemplateError::Yaml("a key is not text".to_owned()))?;
                map.insert(key.to_owned(), value(item)?);
            }
            Ok(Value::Object(map))
        }
        Yaml::Tagged(tag, inner) => Ok(long_form(&tag.suffix, value(inner)?)),
        Yaml::Representation(..) | Yaml::Alias(_) | Yaml::BadValue => {
            Err(TemplateError::Yaml("a value could not be understood".to_owned()))
        }
    }
}

fn long_form(tag: &str, inner: Value) -> Value {
    match tag {
        "Ref" | "Condition" => json!({ tag: inner }),
        "GetAtt" => {
            let parts = match inner.as_str().and_then(|text| text.split_once('.')) {
                Some((resource, attribute)) => json!([resource, attribute]),
                None => inner,
            };
            json!({ "Fn::GetAtt": parts })
        }
        _ => json!({ format!("Fn::{tag}"): inner }),
    }
}
