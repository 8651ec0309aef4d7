//! The whole hard-decision receive chain, which no peer has: marker search, derandomizer, Reed-Solomon I = 5.

use std::hint::black_box;

use spacelink::coding::cadu::{CaduParameters, CaduReceiver, Coding};
use spacelink::coding::randomizer::Randomizer;
use spacelink::coding::rs::{Basis, Code, Interleaved};
use spacelink::coding::sync::{Marker, SyncParameters};
use spacelink::crc;
use spacelink::frame::aos::{AosFrame, AosParameters, AosSettings};

use crate::measure::Report;
use crate::noise;

const FRAMES: usize = 64;

pub fn compare(report: &mut Report) {
    let rs = Interleaved::new(Code::E16, Basis::Dual, 5, 0).expect("a legal codeblock");
    let coding = Coding::ReedSolomon(rs);
    let link =
        CaduParameters::checked(coding, Some(Randomizer::Tm), Marker::ASM_32).expect("a legal channel");
    let mut aligned = vec![0; FRAMES * link.cadu_len()];
    for (seed, cadu) in aligned.chunks_mut(link.cadu_len()).enumerate() {
        let mut frame = noise(link.frame_len(), seed as u64);
        frame[0] = 0x40 | frame[0] & 0x3F;
        let (inside, check) = frame.split_at_mut(1113);
        check.copy_from_slice(&crc::fecf(inside).to_be_bytes());
        link.encode(&frame, cadu).expect("room for the CADU");
    }
    let aos = AosParameters::new(AosSettings { fecf: true, ..AosSettings::of_len(link.frame_len()) })
        .expect("a legal frame");
    let next = aligned[1..].iter().chain(&aligned);
    let shifted: Vec<u8> = aligned.iter().zip(next).map(|(a, b)| a << 3 | b >> 5).collect();
    for (what, stream) in
        [("receive chain RS I=5, aligned", &aligned), ("receive chain RS I=5, any bit", &shifted)]
    {
        let mut receiver = CaduReceiver::with_vec(link, SyncParameters::default());
        report.row(what, "spacelink", 8 * FRAMES * link.frame_len(), || {
            receiver.receive(black_box(stream), |frame| assert!(frame.quality.is_certain()));
        });
    }
    let mut receiver = CaduReceiver::with_vec(link, SyncParameters::default());
    report.row("receive chain and AOS check", "spacelink", 8 * FRAMES * link.frame_len(), || {
        receiver.receive(black_box(&aligned), |received| {
            assert!(AosFrame::decode(&aos, received.frame).is_ok());
        });
    });
}
