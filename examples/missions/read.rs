//! Reads a mission's file.

use spacelink::link::MissionSettings;
use std::error::Error;
use std::fs;
use std::path::Path;

/// The links of a mission, from TOML, or from JSON in a file that is called so.
pub fn read(path: &Path) -> Result<MissionSettings, Box<dyn Error>> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let json = path.extension().is_some_and(|extension| extension == "json");
    let mission = match json {
        true => serde_json::from_str(&text).map_err(Box::<dyn Error>::from),
        false => toml::from_str(&text).map_err(Box::<dyn Error>::from),
    };
    mission.map_err(|error| format!("{}: {error}", path.display()).into())
}
