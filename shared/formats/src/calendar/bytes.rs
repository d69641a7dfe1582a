//! From bytes to unfolded text: what has to happen before any grammar.

use memchr::{memchr, memchr2};

/// In which encoding a body could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    /// Not UTF-8; read as Windows-1252, where every byte means something, so names may be wrong.
    Windows1252,
}

/// A body as text: no byte order mark, one line feed after each whole line, no folds.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) text: String,
    pub(super) encoding: Encoding,
}

/// Unfolds on bytes and decodes afterwards, because a fold may split a character (RFC 5545 section 3.1).
///
/// A line ends at CRLF, LF or a bare CR. A line that begins with a space or a tab continues the one before it.
pub(super) fn prepare(body: &[u8]) -> Prepared {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    let unfolded = unfold(body);
    match String::from_utf8(unfolded) {
        Ok(text) => Prepared { text, encoding: Encoding::Utf8 },
        Err(error) => Prepared { text: windows_1252(error.as_bytes()), encoding: Encoding::Windows1252 },
    }
}

fn unfold(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let bare_cr = has_bare_cr(body);
    let mut rest = body;
    loop {
        let end = if bare_cr { memchr2(b'\r', b'\n', rest) } else { memchr(b'\n', rest) };
        let Some(end) = end else {
            out.extend_from_slice(rest.strip_suffix(b"\r").unwrap_or(rest));
            return out;
        };
        let (line, tail) = rest.split_at(end);
        out.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
        let tail = tail.strip_prefix(b"\r\n").or_else(|| tail.get(1..)).unwrap_or_default();
        if let Some((b' ' | b'\t', continued)) = tail.split_first() {
            rest = continued;
        } else {
            out.push(b'\n');
            rest = tail;
        }
    }
}

fn has_bare_cr(body: &[u8]) -> bool {
    memchr::memchr_iter(b'\r', body).any(|at| body.get(at + 1) != Some(&b'\n'))
}

fn windows_1252(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| if (0x80..0xA0).contains(byte) { high(*byte) } else { char::from(*byte) }).collect()
}

/// The block in which Windows-1252 differs from Latin-1. Five places are not assigned and stay control characters.
fn high(byte: u8) -> char {
    const BLOCK: [char; 32] = [
        '\u{20AC}', '\u{81}', '\u{201A}', '\u{192}', '\u{201E}', '\u{2026}', '\u{2020}', '\u{2021}', '\u{2C6}',
        '\u{2030}', '\u{160}', '\u{2039}', '\u{152}', '\u{8D}', '\u{17D}', '\u{8F}', '\u{90}', '\u{2018}', '\u{2019}',
        '\u{201C}', '\u{201D}', '\u{2022}', '\u{2013}', '\u{2014}', '\u{2DC}', '\u{2122}', '\u{161}', '\u{203A}',
        '\u{153}', '\u{9D}', '\u{17E}', '\u{178}',
    ];
    BLOCK.get(usize::from(byte.wrapping_sub(0x80))).copied().unwrap_or(char::REPLACEMENT_CHARACTER)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(body: &[u8]) -> String {
        prepare(body).text
    }

    #[test]
    fn every_line_end_reads_the_same() {
        for body in [
            "A:1\r\nB:2\r\n",
            "A:1\nB:2\n",
            "A:1\rB:2\r",
            "\u{feff}A:1\r\nB:2\n",
            "A:1\n B:2".replace("\n ", "\n").as_str(),
        ] {
            assert_eq!(text(body.as_bytes()).trim_end(), "A:1\nB:2");
        }
    }

    #[test]
    fn a_fold_may_split_a_character() {
        let prepared = prepare(b"SUMMARY:caf\xC3\r\n \xA9");
        assert_eq!((prepared.text.as_str(), prepared.encoding), ("SUMMARY:café", Encoding::Utf8));
    }

    #[test]
    fn what_is_not_utf8_is_read_as_windows_1252_and_said() {
        let prepared = prepare(b"SUMMARY:caf\xE9 \x80");
        assert_eq!((prepared.text.as_str(), prepared.encoding), ("SUMMARY:café €", Encoding::Windows1252));
    }

    proptest! {
        /// Folding at any places, in the middle of characters too, changes nothing.
        #[test]
        fn folding_anywhere_changes_nothing(
            line in "[A-Z]{1,8}:[a-zé€ü𝄞,;]{0,200}",
            folds in proptest::collection::vec(1usize..200, 0..12),
            end in prop_oneof![Just("\r\n"), Just("\n"), Just("\r")],
            blank in prop_oneof![Just(" "), Just("\t")],
        ) {
            let mut bytes = line.clone().into_bytes();
            let mut folds: Vec<usize> = folds.into_iter().filter(|at| *at < bytes.len()).collect();
            folds.sort_unstable();
            folds.dedup();
            for at in folds.into_iter().rev() {
                let tail = bytes.split_off(at);
                bytes.extend_from_slice(end.as_bytes());
                bytes.extend_from_slice(blank.as_bytes());
                bytes.extend_from_slice(&tail);
            }
            bytes.extend_from_slice(end.as_bytes());
            prop_assert_eq!(text(&bytes), format!("{line}\n"));
        }

        #[test]
        fn any_bytes_become_text(body in proptest::collection::vec(any::<u8>(), 0..400)) {
            let prepared = prepare(&body);
            prop_assert!(prepared.encoding == Encoding::Windows1252 || prepared.text.len() <= body.len());
        }
    }
}
