//! A node on a real UDP socket, driven by tokio.
//!
//! Every link of the node goes to one remote address, through a [`Channel`] on the way out: with an unimpaired one
//! the network alone decides what is lost, with an impaired one a bench becomes a space link.

use alloc::vec;
use alloc::vec::Vec;
use core::future::{Future, poll_fn};
use core::pin::{Pin, pin};
use core::slice;
use core::task::Poll;
use core::time::Duration;
use rand_core::Rng;
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

use super::channel::Channel;
use super::clock::Clock;
use crate::bpa::StoreError;
#[cfg(feature = "metrics")]
use crate::figures::Labels;
use crate::figures::figures;
use crate::machine::Machine;
use crate::node::{Event, InputRefused, LinkId, Node, NodeAgent};
use crate::time::Instant;

/// A node and its socket.
pub struct UdpHost<R> {
    node: Node,
    socket: UdpSocket,
    clock: Clock,
    remotes: Vec<Remote<R>>,
    by_address: HashMap<SocketAddr, LinkId>,
    /// Links of hosts whose every port is the neighbour's.
    by_host: HashMap<IpAddr, Vec<LinkId>>,
    unit: Vec<u8>,
    counters: UdpCounters,
    refusal: Option<UdpRefusal>,
    /// The commit of the store that a blocking thread is doing.
    commit: Option<JoinHandle<Result<(), StoreError>>>,
}

struct Remote<R> {
    link: LinkId,
    address: SocketAddr,
    channel: Channel<R>,
}

/// A datagram that was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UdpRefusal {
    /// Who sent it.
    pub from: SocketAddr,
    /// What the node says; nothing when it was not asked, because nobody of that address is known.
    pub why: Option<InputRefused>,
}

/// What happened to datagrams so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UdpCounters {
    /// Datagrams handed to the operating system.
    pub sent: u64,
    /// Datagrams it did not take.
    pub send_refused: u64,
    /// Datagrams received from known addresses.
    pub received: u64,
    /// Datagrams received from elsewhere, and dropped.
    pub strangers: u64,
    /// Datagrams that the node refused.
    pub refused: u64,
}

figures!(UdpCounters, "spacelink_udp_";
    totals: sent, send_refused, received, strangers, refused);

/// Datagrams taken in before the node is asked again what it wants to send.
const INPUTS_A_STEP: usize = 64;

/// Longest payload of a UDP datagram, so that none is ever cut.
const LONGEST_DATAGRAM: usize = 65_535;

impl<R: Rng> UdpHost<R> {
    /// `node` on `socket`, living by `clock`. Its store is written by a thread of tokio's for blocking work.
    #[must_use]
    pub fn new(mut node: Node, socket: UdpSocket, clock: Clock) -> Self {
        node.with_agent(clock.now(), NodeAgent::hand_out_commits);
        Self {
            node,
            socket,
            clock,
            remotes: vec![],
            by_address: HashMap::new(),
            by_host: HashMap::new(),
            unit: vec![0; LONGEST_DATAGRAM],
            counters: UdpCounters::default(),
            refusal: None,
            commit: None,
        }
    }

    /// Joins `link` of the node to the remote `address`; what goes out passes `channel` first.
    pub fn connect(&mut self, link: LinkId, address: SocketAddr, channel: Channel<R>) {
        self.by_address.insert(address, link);
        self.remotes.push(Remote { link, address, channel });
    }

    /// Takes what comes from any port of `host` as coming on `link`, if the port is not the address of another link. Many
    /// peers listen on one port and send from another, which the system chooses anew at each start. Of several links of
    /// one host, the first gets what it understands.
    pub fn accept_any_port(&mut self, link: LinkId, host: IpAddr) {
        self.by_host.entry(host).or_default().push(link);
    }

    /// Waits until something arrives or is due, and does all of it. Can be dropped and called again at any time.
    ///
    /// # Errors
    /// When the socket fails for good.
    pub async fn step(&mut self) -> io::Result<()> {
        self.wait().await?;
        let now = self.clock.now();
        // With the disk behind, nothing more is taken in: whoever sent it will send it again.
        if !self.is_behind() {
            self.take_in(now)?;
        }
        if self.node.poll_timeout().is_some_and(|due| due <= now) {
            self.node.handle_timeout(now);
        }
        self.send_out(now);
        self.start_commit();
        Ok(())
    }

    /// What happened at the node since the last call. Drain it after every [`step`](Self::step).
    pub fn poll_event(&mut self) -> Option<Event> {
        self.node.poll_event()
    }

    /// Lets an application do something at the node now, and sends what follows from it.
    pub fn request<T>(&mut self, request: impl FnOnce(Instant, &mut Node) -> T) -> T {
        let now = self.clock.now();
        let result = request(now, &mut self.node);
        // The next step may wait for long before it sends.
        self.send_out(now);
        result
    }

    /// The node.
    #[must_use]
    pub fn node(&self) -> &Node {
        &self.node
    }

    /// The channel that `link` goes out through.
    #[must_use]
    pub fn channel(&self, link: LinkId) -> Option<&Channel<R>> {
        self.remotes.iter().find(|remote| remote.link == link).map(|remote| &remote.channel)
    }

    /// Figures since the start.
    #[must_use]
    pub fn counters(&self) -> UdpCounters {
        self.counters
    }

    /// The last datagram not taken since this was last asked, for a log.
    pub fn take_refusal(&mut self) -> Option<UdpRefusal> {
        self.refusal.take()
    }

    /// Publishes the figures of the node and of its socket through the `metrics` facade. To be called as often as they
    /// are wanted.
    #[cfg(feature = "metrics")]
    pub fn publish(&self) {
        self.node.publish();
        self.counters.each_total(Labels::new("node", self.node.agent().node().0).counter());
    }

    /// Waits until something arrives, is due, or is on the disk.
    async fn wait(&mut self) -> io::Result<()> {
        self.start_commit();
        let due = self.remotes.iter().filter_map(Remote::due).chain(self.node.poll_timeout());
        let deadline = due.min().and_then(|due| self.clock.real(due));
        let deadline = deadline.unwrap_or_else(|| tokio::time::Instant::now() + IDLE);
        let behind = self.is_behind();
        let arrival = async {
            match behind {
                true => core::future::pending().await,
                false => self.socket.readable().await,
            }
        };
        // Nothing arriving before the deadline is what timeouts are for.
        let mut arrival = pin!(tokio::time::timeout_at(deadline, arrival));
        let commit = &mut self.commit;
        let woken = poll_fn(|context| {
            let ended = commit.as_mut().map_or(Poll::Pending, |commit| Pin::new(commit).poll(context));
            match ended {
                Poll::Ready(outcome) => {
                    *commit = None;
                    Poll::Ready(Ok(Some(outcome)))
                }
                Poll::Pending => {
                    arrival.as_mut().poll(context).map(|woken| woken.unwrap_or(Ok(())).map(|()| None))
                }
            }
        });
        if let Some(outcome) = woken.await? {
            // A thread that did not come to its end has made nothing durable.
            let outcome = outcome.unwrap_or(Err(StoreError::Medium("commit")));
            self.node.commit_ended(self.clock.now(), outcome);
        }
        Ok(())
    }

    fn is_behind(&self) -> bool {
        self.commit.is_some() && self.node.agent().is_behind()
    }

    /// Has the store written, if that is due and not being done yet.
    fn start_commit(&mut self) {
        if self.commit.is_none() {
            let commit = self.node.poll_commit(self.clock.now());
            self.commit = commit.map(|commit| tokio::task::spawn_blocking(|| commit.run()));
        }
    }

    fn take_in(&mut self, now: Instant) -> io::Result<()> {
        for _ in 0..INPUTS_A_STEP {
            let (len, address) = match self.socket.try_recv_from(&mut self.unit) {
                Ok(received) => received,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                // A datagram sent earlier met a closed port: the neighbour is not up (yet).
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => continue,
                Err(error) => return Err(error),
            };
            let known = self.by_address.get(&address).map(slice::from_ref);
            let host = || self.by_host.get(&address.ip()).map(Vec::as_slice);
            let Some(links) = known.or_else(host) else {
                self.counters.strangers += 1;
                self.refusal = Some(UdpRefusal { from: address, why: None });
                continue;
            };
            self.counters.received += 1;
            let unit = &self.unit[..len];
            let link = links.iter().find(|link| self.node.understands(**link, unit)).or(links.first());
            let Some(link) = link else { continue };
            if let Err(why) = self.node.handle_input(now, (*link, unit)) {
                self.counters.refused += 1;
                self.refusal = Some(UdpRefusal { from: address, why: Some(why) });
            }
        }
        Ok(())
    }

    /// Sends what the node wants to send as far as its transmitters are free, and what has come out of the channels.
    fn send_out(&mut self, now: Instant) {
        for remote in &mut self.remotes {
            let (node, link) = (&mut self.node, remote.link);
            remote.channel.pump(now, &mut self.unit, |unit| node.poll_transmit_on(now, link, unit));
            while let Some(unit) = remote.channel.receive(now) {
                match self.socket.try_send_to(&unit, remote.address) {
                    Ok(_) => self.counters.sent += 1,
                    Err(_) => self.counters.send_refused += 1,
                }
            }
        }
    }
}

impl<R: Rng> Remote<R> {
    /// When a unit comes out of the channel, or its transmitter is free for one that waits.
    fn due(&self) -> Option<Instant> {
        [self.channel.poll_timeout(), self.channel.poll_pump()].into_iter().flatten().min()
    }
}

/// How long a host sleeps with nothing due, before it looks again.
const IDLE: Duration = Duration::from_secs(1);
