//! In place of `security` and `securing` where there are no ciphers: nothing is to be done to any bundle.

use super::agent::Agent;
use super::keeping::Stage;
use super::quota::Class;
use super::store::{Key, Store};
use crate::bundle::Header;
use crate::time::Instant;

/// Bundles that are being secured or checked: none.
#[derive(Debug, Default)]
pub(super) struct Securing {}

impl Securing {
    pub(super) fn stage(&self, _: &Header, _: Stage, _: bool) -> Stage {
        Stage::Ready
    }

    pub(super) fn wants(&self, _: &Header, _: Stage, _: bool) -> bool {
        false
    }

    pub(super) fn room(&self, _: &Header, _: Stage, _: bool) -> u64 {
        0
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        None
    }
}

impl<S: Store> Agent<S> {
    pub(super) fn secure(&mut self, _: Instant, _: Key) {}

    pub(super) fn secure_unit(&mut self, _: Instant, _: Key) -> bool {
        false
    }

    pub(super) fn secure_small(&mut self, _: Instant) {}

    pub(super) fn secure_piece(&mut self, _: Instant) {}

    pub(super) fn security_durable(&mut self, _: Instant, _: Key) -> bool {
        false
    }

    pub(super) fn security_failed(&mut self, _: Instant, _: Key) -> bool {
        false
    }

    pub(super) fn security_readable(&mut self, _: Instant, _: Key) {}

    pub(super) fn forget_work(&mut self, _: Key, _: Class) {}
}
