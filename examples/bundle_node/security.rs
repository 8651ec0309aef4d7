//! The security policy of a node as its configuration says it.

use serde::Deserialize;
use spacelink::bpsec::{
    Action, AesVariant, BcbAesGcm, BibHmacSha2, HmacVariant, PRIMARY_BLOCK, Policy, Presence, Role, Rule,
    ScopeFlags,
};
use spacelink::bundle::{EidPattern, block_type};
use spacelink::keys::{Key, KeyId};
use std::path::{Path, PathBuf};

/// A key: its number, and the octets in hexadecimal, here or in a file.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeySetting {
    id: u64,
    hex: Option<String>,
    file: Option<PathBuf>,
}

/// Not the key itself.
impl std::fmt::Debug for KeySetting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeySetting").field("id", &self.id).field("file", &self.file).finish_non_exhaustive()
    }
}

/// A rule of the policy.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RuleSetting {
    role: RoleName,
    operation: Operation,
    key: u64,
    /// 256, 384 or 512 bits of hash; 128 or 256 bits of AES key.
    bits: Option<u16>,
    /// Whether each bundle gets a key of its own, sent along wrapped.
    #[serde(default)]
    wrap: bool,
    #[serde(default)]
    scope: Option<u64>,
    source: Option<String>,
    destination: Option<String>,
    security_source: Option<String>,
    #[serde(default = "payload")]
    targets: Vec<Target>,
    #[serde(default)]
    presence: PresenceName,
    #[serde(default)]
    on_failure: ActionName,
    #[serde(default)]
    report: bool,
    #[serde(default)]
    gateway: bool,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RoleName {
    Source,
    Verifier,
    Acceptor,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Operation {
    Sign,
    Encrypt,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(untagged)]
enum Target {
    Named(TargetName),
    Type(u64),
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum TargetName {
    Primary,
    Payload,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum PresenceName {
    #[default]
    Optional,
    Required,
    Forbidden,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum ActionName {
    Keep,
    RemoveOperation,
    RemoveTarget,
    #[default]
    DeleteBundle,
}

/// The keys; files are relative to `base`.
pub fn keys(settings: &[KeySetting], base: &Path) -> Result<Vec<(KeyId, Key)>, String> {
    let mut numbers = std::collections::BTreeSet::new();
    let one = |setting: &KeySetting| match numbers.insert(setting.id) {
        true => Ok((KeyId(setting.id), setting.key(base)?)),
        false => Err(format!("key {}: is there twice", setting.id)),
    };
    settings.iter().map(one).collect()
}

/// The policy, all of whose keys are there and fit.
pub fn policy(settings: &[RuleSetting], keys: &[(KeyId, Key)]) -> Result<Policy, String> {
    let policy = Policy { rules: settings.iter().map(RuleSetting::rule).collect::<Result<_, _>>()? };
    policy.check(&keys.to_vec()).map_err(|error| format!("{error} (counted from 0)"))?;
    Ok(policy)
}

impl KeySetting {
    fn key(&self, base: &Path) -> Result<Key, String> {
        let named = |what: &dyn std::fmt::Display| format!("key {}: {what}", self.id);
        let text = match (&self.hex, &self.file) {
            (Some(hex), None) => hex.clone(),
            (None, Some(file)) => std::fs::read_to_string(base.join(file)).map_err(|error| named(&error))?,
            _ => return Err(named(&"either hex or file")),
        };
        let octets = hex::decode(text.trim()).map_err(|error| named(&error))?;
        Key::new(&octets).ok_or_else(|| named(&format_args!("{} octets", octets.len())))
    }
}

impl RuleSetting {
    fn rule(&self) -> Result<Rule, String> {
        let role = match self.role {
            RoleName::Source => Role::Source,
            RoleName::Verifier => Role::Verifier,
            RoleName::Acceptor => Role::Acceptor,
        };
        let key = KeyId(self.key);
        let scope = self.scope.map_or(ScopeFlags::ALL, ScopeFlags);
        let rule = match (self.operation, self.bits) {
            (Operation::Sign, bits) => {
                let variant = match bits.unwrap_or(384) {
                    256 => HmacVariant::Sha256,
                    384 => HmacVariant::Sha384,
                    512 => HmacVariant::Sha512,
                    bits => return Err(format!("security: no hash of {bits} bits")),
                };
                Rule::new(role, BibHmacSha2 { variant, scope, wrap: self.wrap }, key)
            }
            (Operation::Encrypt, bits) => {
                let variant = match bits.unwrap_or(256) {
                    128 => AesVariant::A128Gcm,
                    256 => AesVariant::A256Gcm,
                    bits => return Err(format!("security: no AES of {bits} bits")),
                };
                Rule::new(role, BcbAesGcm { variant, scope, wrap: self.wrap }, key)
            }
        };
        let pattern = |text: &Option<String>| match text {
            None => Ok(EidPattern::any()),
            Some(text) => text.parse().map_err(|error| format!("{text}: {error}")),
        };
        let presence = match self.presence {
            PresenceName::Optional => Presence::Optional,
            PresenceName::Required => Presence::Required,
            PresenceName::Forbidden => Presence::Forbidden,
        };
        let action = match self.on_failure {
            ActionName::Keep => Action::Keep,
            ActionName::RemoveOperation => Action::RemoveOperation,
            ActionName::RemoveTarget => Action::RemoveTarget,
            ActionName::DeleteBundle => Action::DeleteBundle,
        };
        let targets: Vec<u64> = self.targets.iter().copied().map(Target::block_type).collect();
        let rule = rule
            .for_source(pattern(&self.source)?)
            .for_destination(pattern(&self.destination)?)
            .for_security_source(pattern(&self.security_source)?)
            .for_targets(&targets)
            .presence(presence)
            .on_failure(action)
            .report(self.report);
        Ok(if self.gateway { rule.gateway() } else { rule })
    }
}

impl Target {
    fn block_type(self) -> u64 {
        match self {
            Self::Named(TargetName::Primary) => PRIMARY_BLOCK,
            Self::Named(TargetName::Payload) => block_type::PAYLOAD,
            Self::Type(block_type) => block_type,
        }
    }
}

fn payload() -> Vec<Target> {
    vec![Target::Named(TargetName::Payload)]
}
