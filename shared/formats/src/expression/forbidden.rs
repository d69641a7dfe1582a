//! Words that an expression may not use.

use super::bounded::OURS;

/// Words that may not end, look beyond the input, or end the process.
const FORBIDDEN: [&str; 21] = [
    "def",
    "range",
    "repeat",
    "while",
    "until",
    "recurse",
    "limit",
    "env",
    "input",
    "inputs",
    "now",
    "debug",
    "stderr",
    "input_line_number",
    "import",
    "include",
    "foreach",
    "reduce",
    "combinations",
    "halt",
    "halt_error",
];

/// Text in quotes is no code: it is left out, but for what is interpolated into it.
pub(super) fn forbidden(code: &str) -> Option<&'static str> {
    let code = without_text(code);
    FORBIDDEN
        .into_iter()
        .find(|word| code.match_indices(word).any(|(at, _)| stands_alone(&code, at, word.len())))
        .or_else(|| code.contains("..").then_some(".."))
        .or_else(|| code.contains(OURS).then_some(OURS))
}

/// `.now` and `$input` name a field and a variable, `known` is another word.
fn stands_alone(code: &str, at: usize, length: usize) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let before = code.get(..at).and_then(|before| before.chars().next_back());
    let after = code.get(at + length..).and_then(|after| after.chars().next());
    !before.is_some_and(|c| is_word(c) || matches!(c, '.' | '$')) && !after.is_some_and(is_word)
}

fn without_text(code: &str) -> String {
    let (mut out, mut quoted, mut depths, mut chars) = (String::new(), false, Vec::<u32>::new(), code.chars());
    while let Some(c) = chars.next() {
        match (quoted, c) {
            (true, '\\') => {
                if chars.next() == Some('(') {
                    depths.push(1);
                    quoted = false;
                    out.push(' ');
                }
            }
            (true, '"') => quoted = false,
            (true, _) => {}
            (false, '"') => {
                quoted = true;
                out.push(' ');
            }
            (false, '(' | ')') => {
                out.push(c);
                if let Some(depth) = depths.last_mut() {
                    *depth = if c == '(' { *depth + 1 } else { *depth - 1 };
                    if *depth == 0 {
                        depths.pop();
                        quoted = true;
                    }
                }
            }
            (false, _) => out.push(c),
        }
    }
    out
}
