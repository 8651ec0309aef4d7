//! How a randomizer is named in a mission's file: `"tm"`, `"tm_legacy"`, `"tc"` or `"none"`.

use crate::coding::randomizer::Randomizer;
use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serializer};

pub(super) fn serialize<S: Serializer>(value: &Option<Randomizer>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(match value {
        None => "none",
        Some(Randomizer::Tm) => "tm",
        Some(Randomizer::TmLegacy) => "tm_legacy",
        Some(Randomizer::Tc) => "tc",
    })
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Randomizer>, D::Error> {
    let name = <alloc::borrow::Cow<'de, str>>::deserialize(from)?;
    match &*name {
        "none" => Ok(None),
        "tm" => Ok(Some(Randomizer::Tm)),
        "tm_legacy" => Ok(Some(Randomizer::TmLegacy)),
        "tc" => Ok(Some(Randomizer::Tc)),
        other => Err(D::Error::unknown_variant(other, &["none", "tm", "tm_legacy", "tc"])),
    }
}
