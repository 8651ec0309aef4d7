//! Ground, satellite, and the channels between them, in virtual time.

use rand_chacha::ChaCha8Rng;
use spacelink::io::channel::Channel;
use spacelink::time::Instant;

use crate::host::Host;

pub struct World {
    pub now: Instant,
    pub ground: Host,
    pub satellite: Host,
    pub uplink: Channel<ChaCha8Rng>,
    pub downlink: Channel<ChaCha8Rng>,
}

/// A program at one end, called whenever something may have happened there. `Some` when it is done.
pub trait Program {
    type Outcome;

    fn poll(&mut self, now: Instant, host: &mut Host) -> Option<Self::Outcome>;

    /// When it wants to be called at the latest.
    fn poll_timeout(&self) -> Option<Instant>;
}

impl World {
    /// Runs `client` on the ground and `server` on the satellite until the client is done; `None` when it is not by
    /// `deadline`.
    pub fn run<C: Program>(
        &mut self,
        client: &mut C,
        server: &mut impl Program,
        deadline: Instant,
    ) -> Option<C::Outcome> {
        loop {
            while let Some(unit) = self.uplink.receive(self.now) {
                self.satellite.handle_input(&unit);
            }
            while let Some(unit) = self.downlink.receive(self.now) {
                self.ground.handle_input(&unit);
            }
            // Once for what arrived, once for what the programs made of it.
            self.poll_hosts();
            let outcome = client.poll(self.now, &mut self.ground);
            server.poll(self.now, &mut self.satellite);
            self.poll_hosts();
            if outcome.is_some() {
                return outcome;
            }
            self.now = self.next(client.poll_timeout())?.min(deadline);
            if self.now >= deadline {
                return None;
            }
        }
    }

    fn poll_hosts(&mut self) {
        self.ground.poll(self.now, &mut self.uplink);
        self.satellite.poll(self.now, &mut self.downlink);
    }

    /// The next instant at which anything can happen.
    fn next(&mut self, client: Option<Instant>) -> Option<Instant> {
        let now = self.now;
        let free = [&self.uplink, &self.downlink].map(Channel::ready_at).into_iter().filter(|at| *at > now);
        let arrivals = [self.uplink.poll_timeout(), self.downlink.poll_timeout()];
        let stacks = [self.ground.poll_timeout(now), self.satellite.poll_timeout(now)];
        arrivals.into_iter().chain(stacks).chain([client]).flatten().chain(free).min()
    }
}
