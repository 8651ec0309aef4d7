//! Bundle security: integrity and confidentiality of blocks, added by policy and checked by policy.
//!
//! A [`Policy`] is a list of [`Rule`]s: in which role (source, verifier, acceptor), for which bundles and blocks, by
//! which context and key, and what happens when it fails. [`Protector`] adds operations at a source, [`Processor`]
//! checks them at a receiver; a bundle agent does it by itself when it has a policy (`bpa::Security`). Both pass the payload
//! through in pieces, so that one of 10 GB takes no more memory than one of 10 octets; [`protect`] and [`process`] do the
//! same for bundles in memory. [`Policy::check`] finds mistakes in a policy before there are bundles.
//!
//! ```
//! use core::time::Duration;
//! use spacelink::bpsec::{BibHmacSha2, Policy, Role, Rule, process, protect};
//! use spacelink::bundle::{Bundle, Reason};
//! use spacelink::keys::{Key, KeyId};
//! # let mut rng = <rand_chacha::ChaCha20Rng as rand_core::SeedableRng>::seed_from_u64(1);
//!
//! let keys = [(KeyId(1), Key::new(b"a secret of both sides").unwrap())];
//! let rule = |role| Policy { rules: vec![Rule::new(role, BibHmacSha2::DEFAULT, KeyId(1))] };
//! let bundle = Bundle::builder("ipn:1.7".parse()?, "ipn:2.7".parse()?)
//!     .age(Duration::ZERO)
//!     .payload("to be trusted")
//!     .build()?;
//!
//! let signed = protect(bundle, &rule(Role::Source), &"ipn:1.0".parse()?, &keys, &mut rng)?;
//! let mut octets = signed.encode();
//! let (accepted, _) = process(Bundle::decode(octets.clone().into())?, &rule(Role::Acceptor), &keys);
//! assert_eq!(accepted.map(|bundle| bundle.payload().clone()), Some("to be trusted".into()));
//!
//! let last = octets.len() - 2;
//! octets[last] ^= 1;
//! let (accepted, outcome) = process(Bundle::decode(octets.into())?, &rule(Role::Acceptor), &keys);
//! assert_eq!((accepted, outcome.deleted), (None, Some(Reason::FAILED_SECURITY)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The contexts of RFC 9173 are here; others implement [`Context`]. Ciphers and hashes are RustCrypto's.
//!
//! Left out: the COSE context, and where keys come from (see [`keys`](crate::keys)).
//!
//! Source: RFC 9172, RFC 9173.

mod aes_gcm;
mod block;
mod checking;
mod choices;
mod concluding;
mod context;
mod error;
mod gcm;
mod hmac;
mod policy;
mod process;
mod protect;
mod scope;
mod structure;
mod wrap;

pub use aes_gcm::{AesVariant, BcbAesGcm};
pub use block::{Item, SecurityBlock};
pub use context::{Computation, Context, ContextError, Direction, Operation, Service};
pub use error::SecurityError;
pub use hmac::{BibHmacSha2, HmacVariant};
pub use policy::{Action, PRIMARY_BLOCK, Policy, PolicyError, Presence, Role, Rule};
pub use process::{Outcome, Processor, Verdict, process};
pub use protect::{Protector, protect};
pub use scope::ScopeFlags;
