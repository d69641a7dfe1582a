//! Text in the form in which two spellings of one thing are alike.

/// Lower case, without accents and signs, words with one space between. An apostrophe joins, every other sign divides.
pub(super) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.chars().flat_map(char::to_lowercase) {
        match letter {
            '\'' | '’' | '`' | '\u{300}'..='\u{36f}' => {}
            letter if letter.is_ascii_alphanumeric() => folded.push(letter),
            letter => match plain(letter) {
                Some(plain) => folded.push_str(plain),
                None if letter.is_alphanumeric() => folded.push(letter),
                None if folded.ends_with(' ') || folded.is_empty() => {}
                None => folded.push(' '),
            },
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

/// A Latin letter without its accent.
fn plain(letter: char) -> Option<&'static str> {
    Some(match letter {
        'à'..='å' | 'ā' | 'ă' | 'ą' => "a",
        'æ' => "ae",
        'ç' | 'ć' | 'č' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è'..='ë' | 'ē' | 'ė' | 'ę' | 'ě' => "e",
        'ğ' => "g",
        'ì'..='ï' | 'ī' | 'į' | 'ı' => "i",
        'ł' | 'ľ' => "l",
        'ñ' | 'ń' | 'ň' => "n",
        'ò'..='ö' | 'ø' | 'ō' | 'ő' => "o",
        'œ' => "oe",
        'ř' => "r",
        'ß' => "ss",
        'ś' | 'š' | 'ş' | 'ș' => "s",
        'ť' | 'ţ' | 'ț' => "t",
        'þ' => "th",
        'ù'..='ü' | 'ū' | 'ů' | 'ű' => "u",
        'ý' | 'ÿ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        _ => return None,
    })
}

/// How a word sounds in English: a letter and three digits (American Soundex). Names in other letters keep their first four.
pub(super) fn sound(word: &str) -> String {
    let mut letters = word.chars().filter(|letter| letter.is_alphanumeric());
    let Some(first) = letters.next() else { return String::new() };
    if !word.is_ascii() {
        return word.chars().take(4).collect();
    }
    let mut code = String::from(first);
    let mut last = digit(first);
    for letter in letters {
        let sounds = digit(letter);
        // Two alike with `h` or `w` between them count once, with a vowel between them twice.
        if !matches!(letter, 'h' | 'w') {
            if let Some(sounds) = sounds.filter(|_| sounds != last) {
                code.push(sounds);
            }
            last = sounds;
        }
        if code.len() == 4 {
            break;
        }
    }
    code
}

fn digit(letter: char) -> Option<char> {
    Some(match letter {
        'b' | 'f' | 'p' | 'v' => '1',
        'c' | 'g' | 'j' | 'k' | 'q' | 's' | 'x' | 'z' => '2',
        'd' | 't' => '3',
        'l' => '4',
        'm' | 'n' => '5',
        'r' => '6',
        _ => return None,
    })
}

/// How alike two folded texts are. Thousandths; zero when they are further apart than a slip of the pen.
pub(super) fn likeness(one: &str, other: &str) -> u32 {
    if one == other {
        return 1000;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 1000")]
    let alike = (strsim::jaro_winkler(one, other) * 1000.0) as u32;
    // What is just alike enough counts half.
    if alike < ALIKE { 0 } else { 500 + 500 * (alike - ALIKE) / (1000 - ALIKE) }
}

/// From here on two words may be one. Thousandths of Jaro-Winkler; `Sara` and `Sarah` have 967, `Marie` and `Mary` 873.
const ALIKE: u32 = 900;

/// The number of a flat, however it is written: `Apt. 03`, `#3` and `3` are one.
pub(super) fn unit_number(text: &str) -> String {
    let folded = fold(text);
    let words: Vec<&str> = folded.split(' ').filter(|word| !is_designator(word)).collect();
    without_zeros(&words.concat())
}

pub(super) fn without_zeros(number: &str) -> String {
    let trimmed = number.trim_start_matches('0');
    if trimmed.is_empty() { number.chars().take(1).collect() } else { trimmed.to_owned() }
}

/// Words that stand before the number of a flat (USPS Publication 28, C2, and what people write).
pub(super) fn is_designator(word: &str) -> bool {
    matches!(
        word,
        "apt"
            | "apartment"
            | "unit"
            | "suite"
            | "ste"
            | "number"
            | "no"
            | "room"
            | "rm"
            | "flat"
            | "lot"
            | "space"
            | "spc"
    )
}

/// A word of a street's name in its short form (USPS Publication 28, appendix C1, the common ones).
pub(super) fn street_word(word: &str) -> &str {
    match word {
        "street" | "str" | "saint" => "st",
        "avenue" | "av" => "ave",
        "road" => "rd",
        "drive" | "drv" => "dr",
        "lane" => "ln",
        "boulevard" | "boul" => "blvd",
        "court" => "ct",
        "place" => "pl",
        "square" => "sq",
        "terrace" | "terr" => "ter",
        "circle" | "circ" => "cir",
        "parkway" | "pkway" => "pkwy",
        "highway" | "hway" => "hwy",
        "trail" => "trl",
        "mount" => "mt",
        "fort" => "ft",
        "north" => "n",
        "south" => "s",
        "east" => "e",
        "west" => "w",
        "northeast" => "ne",
        "northwest" => "nw",
        "southeast" => "se",
        "southwest" => "sw",
        "building" => "bldg",
        "first" => "1st",
        "second" => "2nd",
        "third" => "3rd",
        "fourth" => "4th",
        "fifth" => "5th",
        word => word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_thing_fold_alike() {
        for (text, wanted) in [
            (" José  O’Sample-Reed, Jr. ", "jose osample reed jr"),
            ("Przykład", "przyklad"),
            ("STRASSE", "strasse"),
            ("Straße", "strasse"),
            ("…", ""),
        ] {
            assert_eq!(fold(text), wanted);
        }
        assert_eq!(fold("Ame\u{301}lie"), fold("Amélie"));
    }

    #[test]
    fn names_that_sound_alike_have_one_code() {
        // The first four from the National Archives' own examples.
        for (name, code) in
            [("washington", "w252"), ("lee", "l"), ("gutierrez", "g362"), ("ashcraft", "a261"), ("smith", "s53")]
        {
            assert_eq!(sound(name), code);
        }
        assert_eq!(sound("smith"), sound("smyth"));
        assert_eq!(sound("иванов"), "иван");
    }

    #[test]
    fn only_slips_of_the_pen_are_alike() {
        assert_eq!(likeness("sarah", "sarah"), 1000);
        assert!((500..1000).contains(&likeness("sara", "sarah")));
        for (one, other) in [("marie", "mary"), ("ann", "ben"), ("tom", "tim")] {
            assert_eq!(likeness(one, other), 0, "{one} {other}");
        }
    }

    #[test]
    fn a_flat_has_one_number() {
        for text in ["Apt. 03", "#3", "3", "Unit 3", "no 3"] {
            assert_eq!(unit_number(text), "3", "{text}");
        }
        assert_eq!((unit_number("A-12"), unit_number("0"), unit_number("")), ("a12".into(), "0".into(), String::new()));
    }
}
