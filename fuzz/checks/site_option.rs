//! Settings of a site (`NAME=VALUE`): a value is taken or changes nothing, and what is taken reads back as it is shown and stored.

use nextim::chat::site_options::{OPTIONS, SiteOptions};

pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (name, value) = text.split_once('=').unwrap_or(("", text));
    try_one(name, value);
    // The value for every other name, too.
    for row in &OPTIONS {
        try_one(row.name, value);
    }
}

fn try_one(name: &str, value: &str) {
    let mut options = SiteOptions::default();
    if let Err(refused) = options.set(name, value) {
        assert_eq!(options, SiteOptions::default(), "{name}={value:?}");
        assert!(!refused.to_string().is_empty());
        return;
    }
    let shown: Vec<(&str, String)> = options.all().collect();
    let (_, shown) = shown.iter().find(|(known, _)| *known == name).expect("it is one of them");
    let mut again = SiteOptions::default();
    again.set(name, shown).expect("what is shown can be set");
    assert_eq!(again, options, "{name}={value:?} is shown as {shown:?}");
    assert_eq!(SiteOptions::default().with(&options.written()), options, "{name}={value:?}");
}
