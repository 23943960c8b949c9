//! How a message may look. Old clients put `style` unescaped into an attribute, so only a few harmless declarations pass, and
//! they are written anew: nothing of the sender's text remains but values of a known form.

/// Font sizes that pass, in pixels.
const FONT_SIZE_PX: std::ops::RangeInclusive<u32> = 8..=36;

/// Keeps of `style` what is allowed, as `name:value;name:value`.
pub fn sanitise(style: &str) -> String {
    let kept = style.split(';').filter_map(|declaration| {
        let (name, value) = declaration.split_once(':')?;
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim().to_ascii_lowercase());
        is_allowed(&name, &value).then(|| format!("{name}:{value}"))
    });
    kept.collect::<Vec<_>>().join(";")
}

fn is_allowed(name: &str, value: &str) -> bool {
    match name {
        "color" | "background-color" => is_colour(value),
        "font-weight" => {
            matches!(value, "normal" | "bold" | "100" | "200" | "300" | "400" | "500" | "600" | "700" | "800" | "900")
        }
        "font-style" => matches!(value, "normal" | "italic"),
        "text-decoration" => matches!(value, "none" | "underline" | "line-through"),
        "font-size" => {
            let pixels = value.strip_suffix("px").filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
            pixels.and_then(|digits| digits.parse().ok()).is_some_and(|size| FONT_SIZE_PX.contains(&size))
        }
        _ => false,
    }
}

/// A name of letters, `#` and 3 to 8 hexadecimal digits, or `rgb(…)` of three numbers.
fn is_colour(value: &str) -> bool {
    if let Some(digits) = value.strip_prefix('#') {
        return matches!(digits.len(), 3 | 4 | 6 | 8) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    }
    if let Some(parts) = value.strip_prefix("rgb(").and_then(|rest| rest.strip_suffix(')')) {
        let numbers: Vec<&str> = parts.split(',').map(|number| number.trim_matches(' ')).collect();
        let is_number = |text: &&str| text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u8>().is_ok();
        return numbers.len() == 3 && numbers.iter().all(is_number);
    }
    (1..=24).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_harmless_declarations_pass() {
        assert_eq!(sanitise("color:red;position:fixed;background:url(//x)"), "color:red");
        assert_eq!(
            sanitise(" COLOR : #BBB ; font-size:14px; font-weight:bold;"),
            "color:#bbb;font-size:14px;font-weight:bold"
        );
        for evil in [
            "\"><img src=x onerror=alert(1)>",
            "color:expression(alert(1))",
            "color:red\"onmouseover=",
            "font-size:99px",
            "color:r\\65 d",
            "color:/**/red",
            "font-size:+9px",
            "color:rgb(1,2,300)",
            "color:rgb(1,\t2,3)",
            "color:rgb(1,\u{2028}2,3)",
            "color:rgb(+1,2,3)",
        ] {
            assert_eq!(sanitise(evil), "", "{evil}");
        }
    }

    proptest! {
        #[test]
        fn what_was_sanitised_stays_and_is_plain(style in ".{0,80}") {
            let once = sanitise(&style);
            prop_assert!(once.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":;#-(), ".contains(&byte)), "{}", once);
            prop_assert_eq!(sanitise(&once), once);
        }
    }
}
