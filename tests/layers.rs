//! Uses point downward only: no module names a layer above its own.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Layer, and the layers it may use directly. What those may use is allowed too.
const ARROWS: &[(&str, &[&str])] = &[
    ("wire", &[]),
    ("crc", &[]),
    ("time", &["wire"]),
    ("figures", &[]),
    ("machine", &["time"]),
    ("coding", BASE),
    ("packet", BASE),
    ("frame", &["packet"]),
    ("cop", &["frame"]),
    ("link", &["cop", "frame", "coding"]),
    ("ltp", BASE),
    ("bundle", BASE),
    ("keys", &[]),
    ("bpsec", &["bundle", "keys"]),
    ("routing", &["bundle"]),
    ("bpa", &["bundle", "bpsec", "routing"]),
    // Adapters cut blocks and wrap segments; they know neither the agent nor a link.
    ("cla", &["bundle", "ltp", "packet"]),
    // Where agent, adapters and links meet.
    ("node", &["bpa", "cla", "link"]),
    ("io", &["node", "link"]),
    // Chapters link to everything and are used by nothing.
    ("manual", &["io"]),
];

const BASE: &[&str] = &["wire", "crc", "time", "figures", "machine"];

#[test]
fn uses_point_downward() {
    let allowed = closure();
    let mut broken = Vec::new();
    for file in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let layer = layer_of(&file);
        if layer == "lib" {
            continue;
        }
        let below = allowed.get(layer.as_str()).unwrap_or_else(|| panic!("{layer} is not in the table"));
        let text = fs::read_to_string(&file).unwrap();
        for used in used_layers(&text) {
            if used != layer && !below.contains(used.as_str()) {
                broken.push(format!("{}: {layer} -> {used}", file.display()));
            }
        }
    }
    assert!(broken.is_empty(), "arrows that point upward:\n{}", broken.join("\n"));
}

#[test]
fn sockets_and_clocks_stay_in_io() {
    let forbidden = ["std::net", "std::thread", "SystemTime", "std::time::Instant", "tokio::", "std::fs"];
    for file in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        if matches!(layer_of(&file).as_str(), "io" | "manual") {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        for (number, line) in text.lines().enumerate() {
            let code = line.trim_start();
            if code.starts_with("//") {
                continue;
            }
            for word in forbidden {
                assert!(!code.contains(word), "{}:{}: {word}", file.display(), number + 1);
            }
        }
    }
}

#[test]
fn a_broken_arrow_is_seen() {
    assert_eq!(used_layers("use crate::{io::channel, wire};\n"), ["io", "wire"]);
    assert_eq!(used_layers("let x = crate::node::Node::new();"), ["node"]);
    assert_eq!(used_layers("//! See [`crate::io`].\n/// [`x`](crate::node)\n// crate::bpa"), [""; 0]);
    assert!(!closure()["wire"].contains("io"));
    assert!(closure()["io"].contains("coding"));
}

/// Every layer with all it may use, directly or through others.
fn closure() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let direct: BTreeMap<_, _> = ARROWS.iter().copied().collect();
    let reach = |layer| {
        let mut seen: BTreeSet<&str> = BASE.iter().copied().filter(|_| !BASE.contains(&layer)).collect();
        let mut open: Vec<&str> = direct[layer].to_vec();
        while let Some(next) = open.pop() {
            if seen.insert(next) {
                open.extend(direct[next]);
            }
        }
        seen
    };
    direct.keys().map(|&layer| (layer, reach(layer))).collect()
}

/// The layers a source text names through `crate::`, comments left out, in order and once each.
fn used_layers(text: &str) -> Vec<String> {
    let code: String =
        text.lines().filter(|line| !line.trim_start().starts_with("//")).flat_map(|l| [l, "\n"]).collect();
    let mut used = BTreeSet::new();
    for (at, found) in code.match_indices("crate::") {
        let rest = &code[at + found.len()..];
        if let Some(group) = rest.strip_prefix('{') {
            used.extend(top_level_names(group));
        } else {
            used.insert(identifier(rest));
        }
    }
    used.into_iter().filter(|name| !name.is_empty()).collect()
}

/// First identifiers of the entries of a `use` group whose opening brace is already read.
fn top_level_names(group: &str) -> Vec<String> {
    let mut names = Vec::new();
    let (mut depth, mut start) = (0, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                names.push(identifier(group[start..at].trim()));
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                names.push(identifier(group[start..at].trim()));
                start = at + 1;
            }
            _ => {}
        }
    }
    names
}

fn identifier(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

fn layer_of(file: &Path) -> String {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let inner = file.strip_prefix(src).unwrap();
    inner.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs").to_owned()
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}
