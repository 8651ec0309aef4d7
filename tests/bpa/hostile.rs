//! Bundles made to do harm: refused cheaply, in bounded memory, with the reason. The decoder's own cases are in
//! `dtn`; here they come as a link brings them, header first and in pieces, into an agent.
//!
//! Run by itself: `cargo test --test bpa hostile`.

use super::common::{FAR, HERE, NEAR, at, events, foreign, forward, open_plan, run_until, service, to};
use proptest::prelude::*;
use spacelink::bpa::{
    Agent, AgentParameters, Amount, Class, Event, Outcome, Quotas, Refusal, StoreError, TransmissionRequest,
};
use spacelink::bundle::{Bundle, BundleError, BundleFlags, BundleReader, Eid, NodeNumber, Part, Rules};

fn agent() -> Agent {
    let mut agent = Agent::new(AgentParameters::new(HERE), open_plan());
    agent.handle_timeout(at(0));
    agent
}

#[derive(Debug)]
enum Ended {
    Taken,
    Illegal(BundleError),
    Refused(Refusal),
    CutOff,
}

/// What a link does with octets that should be a bundle. Returns how it ended and how many octets it took for that.
fn offer(agent: &mut Agent, octets: impl IntoIterator<Item = Vec<u8>>) -> (Ended, usize) {
    let mut reader = BundleReader::new(Rules::STRICT);
    let (mut spool, mut taken) = (None, 0);
    for piece in octets {
        taken += piece.len();
        let mut input = &piece[..];
        loop {
            let part = match reader.read(&mut input) {
                Ok(part) => part,
                Err(error) => {
                    spool.into_iter().for_each(|key| agent.abort(at(0), key));
                    return (Ended::Illegal(error), taken);
                }
            };
            let done = match part {
                None => break,
                Some(Part::Payload(_)) => {
                    let header = reader.header().unwrap().clone();
                    agent.begin(at(0), Some(NEAR), header).map(|key| spool = Some(key))
                }
                Some(Part::Data(data)) => agent.append(at(0), spool.unwrap(), data),
                Some(Part::End) => match agent.finish(at(0), spool.unwrap()) {
                    Ok(_) => return (Ended::Taken, taken),
                    Err(refusal) => Err(refusal),
                },
                Some(Part::Primary | Part::Block) => Ok(()),
            };
            if let Err(refusal) = done {
                return (Ended::Refused(refusal), taken);
            }
        }
    }
    spool.into_iter().for_each(|key| agent.abort(at(0), key));
    (Ended::CutOff, taken)
}

/// The octets of a bundle up to its payload's length field, which is replaced.
fn with_length(length: &[u8]) -> Vec<u8> {
    let bundle = foreign(FAR, 1, vec![0; 300]).encode();
    let at = bundle.windows(3).rposition(|window| window == [0x59, 0x01, 0x2C]).unwrap();
    [&bundle[..at], length].concat()
}

#[test]
fn absurd_lengths_are_refused_before_anything_is_kept() {
    for length in [u64::MAX, 1 << 63, 1 << 40, 1 << 29] {
        let mut agent = agent();
        let header = with_length(&[&[0x5B], &length.to_be_bytes()[..]].concat());
        let len = header.len();
        // Any number of octets more would follow.
        let octets = std::iter::once(header).chain(std::iter::repeat_with(|| vec![0; 1000]));
        let (ended, taken) = offer(&mut agent, octets);
        assert!(matches!(ended, Ended::Refused(Refusal::Full(_)) | Ended::Illegal(_)), "{ended:?}");
        assert_eq!(taken, len);
        assert_eq!((agent.len(), agent.counters().kept.octets), (0, 0));
    }
}

#[test]
fn a_million_blocks_end_at_the_limit() {
    let mut agent = agent();
    let bundle = foreign(FAR, 1, "x").encode();
    let primary = bundle
        .windows(2)
        .position(|window| window == [0x85, 10])
        .or(bundle.windows(2).position(|window| window == [0x86, 10]));
    let start = bundle[..primary.unwrap()].to_vec();
    let blocks = (0..1_000_000u32).map(|number| {
        let mut block = vec![0x85, 0x18, 200, 0x1A];
        block.extend_from_slice(&(number + 70_000).to_be_bytes());
        block.extend_from_slice(&[0, 0, 0x40]);
        block
    });
    let (ended, taken) = offer(&mut agent, std::iter::once(start).chain(blocks));
    assert!(matches!(ended, Ended::Illegal(BundleError::TooManyBlocks { limit: 128 })), "{ended:?}");
    assert!(taken < 3_000, "{taken}");
}

#[test]
fn deep_nesting_ends_at_once() {
    let mut agent = agent();
    for item in [0x81, 0x9F, 0xA1, 0xC1, 0xD8] {
        let (ended, taken) = offer(&mut agent, (0..1_000).map(|_| vec![item; 1_000]));
        assert!(matches!(ended, Ended::Illegal(_)), "{ended:?}");
        assert!(taken <= 1_000);
    }
}

#[test]
fn payload_that_does_not_keep_its_promise_is_given_up() {
    let mut agent = agent();
    let (header, payload) = foreign(FAR, 1, vec![7; 1000]).into_parts();
    let spool = agent.begin(at(0), Some(NEAR), header.clone()).unwrap();
    assert!(agent.counters().kept.octets > 1000, "room for all of it is set aside");
    agent.append(at(0), spool, &payload[..999]).unwrap();
    let too_much = agent.append(at(0), spool, b"ab");
    assert!(matches!(too_much, Err(Refusal::Store(StoreError::Full { needed: 2 }))), "{too_much:?}");
    let spool = agent.begin(at(0), Some(NEAR), header).unwrap();
    agent.append(at(0), spool, &payload[..10]).unwrap();
    assert!(matches!(agent.finish(at(0), spool), Err(Refusal::Bundle(BundleError::PayloadLength { .. }))));
    assert_eq!((agent.len(), agent.counters().kept.octets), (0, 0));
}

#[test]
fn a_wrong_check_sequence_leaves_nothing_behind() {
    let mut agent = agent();
    let mut octets = foreign(FAR, 1, vec![7; 100_000]).encode();
    let middle = octets.len() / 2;
    octets[middle] ^= 1;
    let (ended, _) = offer(&mut agent, octets.chunks(1_400).map(<[u8]>::to_vec));
    assert!(matches!(ended, Ended::Illegal(BundleError::Crc { block: 1 })), "{ended:?}");
    assert_eq!((agent.len(), agent.counters().kept.octets), (0, 0));
    octets[middle] ^= 1;
    let (ended, _) = offer(&mut agent, octets.chunks(1_400).map(<[u8]>::to_vec));
    assert!(matches!(ended, Ended::Taken), "{ended:?}");
}

/// Whoever begins bundles and does not send them holds room against nobody who is more urgent, and not for ever.
#[test]
fn bundles_that_never_come_to_an_end_make_room() {
    let quotas = Quotas::of(Amount { octets: 10_000, bundles: 10 });
    let mut agent = Agent::new(AgentParameters { quotas, ..AgentParameters::new(HERE) }, open_plan());
    agent.handle_timeout(at(0));
    let header = |sequence, len| foreign(FAR, sequence, vec![7; len]).into_parts().0;
    agent.receive(at(0), Some(NEAR), foreign(FAR, 1, vec![7; 1_000])).unwrap();
    let spools = [2, 3].map(|sequence| agent.begin(at(0), Some(NEAR), header(sequence, 4_000)).unwrap());
    assert!(matches!(agent.begin(at(0), Some(NEAR), header(4, 4_000)), Err(Refusal::Full(_))));
    let urgent = TransmissionRequest { class: Class::Expedited, ..to(FAR, vec![1; 4_000]) };
    agent.transmit(at(0), urgent.clone()).unwrap();
    // The newest of them had to go; nothing that was here whole did.
    let gone = agent.append(at(0), spools[1], b"more").unwrap_err();
    assert_eq!(gone, Refusal::Store(StoreError::Unknown(spools[1])));
    assert!(gone.is_temporary(), "the neighbour is to try again");
    assert_eq!((agent.len(), agent.counters().evicted, agent.counters().deleted), (2, 0, 0));
    agent.append(at(0), spools[0], b"more").unwrap();
    agent.transmit(at(0), urgent).unwrap();
    assert!(agent.append(at(0), spools[0], b"more").is_err());
    // One that is left to lie ends with its lifetime.
    let mut agent = Agent::new(AgentParameters { quotas, ..AgentParameters::new(HERE) }, open_plan());
    let spool = agent.begin(at(0), Some(NEAR), header(5, 9_000)).unwrap();
    agent.append(at(0), spool, b"some").unwrap();
    run_until(&mut agent, at(3_601));
    assert_eq!(agent.counters().kept, Amount::default());
    assert!(matches!(agent.finish(at(3_601), spool), Err(Refusal::Store(StoreError::Unknown(_)))));
}

/// The last octets but one of a unit of thirty thousand fragments are missing: whether it is whole is known without
/// a look at all of them whenever one comes.
#[test]
fn a_unit_of_very_many_fragments() {
    const TOTAL: u64 = 30_000;
    let mut agent = Agent::new(AgentParameters::new(HERE), open_plan());
    agent.handle_timeout(at(0));
    agent.register(service(HERE, 7).unacknowledged());
    let whole = foreign(HERE, 1, vec![7; TOTAL as usize]);
    for offset in [TOTAL - 1].into_iter().chain(0..TOTAL - 2) {
        agent.receive(at(0), Some(NEAR), whole.cut(offset, 1).unwrap()).unwrap();
    }
    let delivered = |agent: &mut Agent| {
        events(agent, at(0)).into_iter().filter(|event| matches!(event, Event::Delivered(_))).count()
    };
    assert_eq!((delivered(&mut agent), agent.counters().in_reassembly), (0, 1));
    agent.receive(at(0), Some(NEAR), whole.cut(TOTAL - 2, 1).unwrap()).unwrap();
    assert_eq!((delivered(&mut agent), agent.len()), (1, 0));
}

/// No report about a report, whatever becomes of it. (That one asks for reports is refused as illegal: `dtn`.)
#[test]
fn reports_about_reports_are_not_made() {
    let reporting = |node| {
        let mut agent = Agent::new(
            AgentParameters { reports_per_second: 1_000, ..AgentParameters::new(node) },
            open_plan(),
        );
        agent.handle_timeout(at(0));
        agent
    };
    let (mut here, mut near) = (reporting(HERE), reporting(NEAR));
    let asking = Bundle::builder(Eid::ipn(NodeNumber(99), 1), Eid::ipn(FAR, 7))
        .timestamp(foreign(FAR, 1, "").timestamp())
        .lifetime(super::common::HOUR)
        .report_to(Eid::ipn(FAR, 0))
        .flags(BundleFlags::REPORT_RECEPTION | BundleFlags::REPORT_FORWARDING | BundleFlags::REPORT_DELETION)
        .payload("x")
        .build()
        .unwrap();
    here.receive(at(0), Some(NEAR), asking).unwrap();
    let mut reports = 0;
    while let Some(outbound) = forward(&mut here, at(0)) {
        let bundle = Bundle::decode(here.octets(outbound.transfer).unwrap()).unwrap();
        here.transfer_ended(at(0), outbound.transfer, Outcome::Across);
        if bundle.is_admin_record() {
            reports += 1;
            near.receive(at(0), Some(HERE), bundle).unwrap();
        }
    }
    // It came and it went on; the reports came to the next node, of which one goes on and the other one expires.
    assert_eq!((reports, here.counters().reports_sent, near.len()), (2, 2, 2));
    let outbound = near.poll_forward(at(1), FAR).unwrap();
    near.transfer_ended(at(1), outbound.transfer, Outcome::Across);
    run_until(&mut near, at(900_000));
    let counters = near.counters();
    assert_eq!((near.len(), counters.forwarded, counters.expired), (0, 1, 1));
    assert_eq!((counters.reports_sent, counters.reports_withheld), (0, 0));
}

proptest! {
    /// A legal bundle with a few octets changed, in any pieces: taken or refused, and nothing is left behind.
    #[test]
    fn damaged_bundles(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in any::<prop::sample::Index>(),
        piece in 1..200usize,
    ) {
        let mut agent = agent();
        let mut octets = foreign(FAR, 1, vec![7; 400]).encode();
        for (at, value) in changes {
            let at = at.index(octets.len());
            octets[at] = value;
        }
        octets.truncate(cut.index(octets.len()) + 1);
        let (ended, _) = offer(&mut agent, octets.chunks(piece).map(<[u8]>::to_vec));
        let kept = usize::from(matches!(ended, Ended::Taken));
        prop_assert_eq!(agent.len(), kept);
        prop_assert_eq!(agent.counters().kept.bundles, kept as u64);
    }
}
