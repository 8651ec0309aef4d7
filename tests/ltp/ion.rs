//! Reports of ION 4.1.3 as they came from it, in answer to a block of a mebibyte of which a tenth was lost.

use crate::driver::{IDS, block, span};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use spacelink::ltp::engine::{Engine, EngineParameters, Event, InputError, TransmissionRequest};
use spacelink::ltp::segment::{Content, DataKind, Report, Segment};
use spacelink::ltp::{ClientServiceId, SessionId};
use spacelink::machine::Machine;
use spacelink::time::Instant;
use spacelink::wire::{Decode, DecodeError, Encode};
use std::time::Duration;

/// One report in three segments, of 20 claims at most. The second has two octets, the third three more than it says.
const REPORT: [&str; 3] = [
    "080187cecbf21b00d53bbe0d9298130014819759c07c81e33f81974c838575ab2883dc45a03e84876d8a6a849d41c07c84e92781817885\
     f609955487ae13b61287ef0f8a6a8884638a6a889a37a03e88c55f955489865ba03e89b2038a6a89c757d6508cad01ab288ce31381d848\
     918047a03e91ab6fe13a",
    "080187cecbf21b00d53cbe0db3f849929813140081817882c46cc07c839052818178849d34c07c86a124ab2886d736a03e87825e81b80a\
     89e808ab288a9e1a81a2368bcb3ab6128db95682837092c32e955492e36c81ee1c95ff2881ad2097b732cb669b8900cb669bdf50f70e9c\
     e148a03e9d8c7095549dcd6c82837050d6",
    "080187cecbf21b00d53dbe0dc08000b3f8490c00ab28b61281817881c274a03e81ee1ca03e829944955483b110ab2883e722ab28849d34\
     cb6684f404d65088d03ccb6689a70c81ad208c814c856bc32e95",
];

/// Session and checkpoint that those are about.
const CAPTURED: (&[u8], &[u8]) = (&[0x01, 0x87, 0xCE, 0xCB, 0xF2, 0x1B], &[0xBE, 0x0D]);

const NOW: Instant = Instant::from_secs(1);

/// A sender that has handed out a block and waits for the report on it.
struct Sender {
    engine: Engine,
    session: SessionId,
    checkpoint: u64,
}

/// What the sender says next.
#[derive(Debug, Default, PartialEq)]
struct Said {
    acknowledged: Vec<u64>,
    /// Octets of the block sent again.
    again: usize,
    cancelled: bool,
}

impl Sender {
    fn new() -> Self {
        let mut engine = Engine::new(EngineParameters::new(IDS[0]), Box::new(ChaCha8Rng::seed_from_u64(1)));
        engine.add_span(IDS[1], span(Duration::from_millis(1))).unwrap();
        let block = block(1 << 20, 1);
        let (to, client_service, red_len) = (IDS[1], ClientServiceId::BUNDLE, block.len() as u64);
        let session =
            engine.transmit(NOW, TransmissionRequest { to, client_service, block, red_len }).unwrap();
        let mut sender = Self { engine, session, checkpoint: 0 };
        sender.said();
        sender
    }

    fn said(&mut self) -> Said {
        let mut out = [0; 2048];
        let mut said = Said::default();
        while let Some(sent) = self.engine.poll_transmit(NOW, &mut out) {
            match Segment::decode_exact("segment", &out[..sent.len]).unwrap().content {
                Content::Data(data) => {
                    said.again += data.octets.len();
                    if let DataKind::Checkpoint { serial, .. } = data.kind {
                        self.checkpoint = serial;
                    }
                }
                Content::ReportAck { report } => said.acknowledged.push(report),
                Content::Cancel { .. } => said.cancelled = true,
                other => panic!("{other:?}"),
            }
        }
        said
    }

    /// The captured octets, for this session and this checkpoint.
    fn hear(&mut self, captured: &str, checkpoint: u64) -> Result<Said, InputError> {
        let octets = hex::decode(captured).unwrap();
        let (session, number) = CAPTURED;
        let rest = octets[1..].strip_prefix(session).unwrap();
        let mut input = vec![octets[0]];
        for sdnv in [self.session.originator.0, self.session.number] {
            input.extend(encoded(sdnv));
        }
        let (no_extensions_and_serial, rest) = rest.split_at(3);
        input.extend(no_extensions_and_serial);
        input.extend(encoded(checkpoint));
        input.extend(rest.strip_prefix(number).unwrap());
        self.engine.handle_input(NOW, &input)?;
        Ok(self.said())
    }
}

fn encoded(number: u64) -> Vec<u8> {
    let mut octets = [0; 10];
    let len = spacelink::wire::Sdnv(number).encode(&mut octets).unwrap();
    octets[..len].to_vec()
}

fn report(octets: &[u8]) -> (Report<'_>, usize) {
    let (segment, surplus) = Segment::decode(octets).unwrap();
    let Content::Report(report) = segment.content else { panic!("a report") };
    (report, surplus.len())
}

#[test]
fn reports_longer_than_what_they_say() {
    let mut sender = Sender::new();
    let checkpoint = sender.checkpoint;
    for ((captured, serial), surplus) in REPORT.iter().zip(10_939..).zip([0, 2, 3]) {
        let octets = hex::decode(captured).unwrap();
        let (report, more) = report(&octets);
        assert_eq!((report.serial, more), (serial, surplus));
        let claimed: u64 = report.ranges().map(|range| range.end - range.start).sum();
        let missing = (report.upper - report.lower - claimed) as usize;
        let said = sender.hear(captured, checkpoint).unwrap();
        assert_eq!(said, Said { acknowledged: vec![serial], again: missing, cancelled: false });
    }
}

#[test]
fn other_segments_are_as_long_as_they_say() {
    let mut sender = Sender::new();
    let octets = hex::decode("09012c00d53b00").unwrap();
    let wrong = DecodeError::Trailing { unit: "LTP segment", extra: 1 };
    assert_eq!(sender.engine.handle_input(NOW, &octets), Err(wrong.into()));
}

/// The first segment of the report is lost, its checkpoint goes out again and is answered by a later report that claims
/// more; then the first comes again.
#[test]
fn a_report_that_comes_late_takes_no_claim_back() {
    let mut sender = Sender::new();
    let checkpoint = sender.checkpoint;
    // All up to the end of the first segment's scope.
    let said = sender.hear("080187cecbf21b00d53ebe0d929813000100929813", checkpoint).unwrap();
    assert_eq!(said, Said { acknowledged: vec![10_942], ..Said::default() });
    let said = sender.hear(REPORT[0], checkpoint).unwrap();
    assert_eq!(said, Said { acknowledged: vec![10_939], ..Said::default() });
    assert_eq!(
        sender.engine.poll_event(),
        Some(Event::InitialTransmissionCompleted { session: sender.session })
    );
    assert_eq!(sender.engine.poll_event(), None);
}
