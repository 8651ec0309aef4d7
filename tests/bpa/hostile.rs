//! Bundles made to do harm: refused cheaply, in bounded memory, with the reason. The decoder's own cases are in
//! `dtn`; here they come as a link brings them, header first and in pieces, into an agent.
//!
//! Run by itself: `cargo test --test bpa hostile`.

use super::common::{FAR, HERE, NEAR, at, foreign, open_plan};
use proptest::prelude::*;
use spacelink::bpa::{Agent, AgentParameters, Refusal, StoreError};
use spacelink::bundle::{BundleError, BundleReader, Part, Rules};

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
