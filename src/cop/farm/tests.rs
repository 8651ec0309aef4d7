//! Every event of table 6-1 in every state, held against what the book says, typed here a second time as effects.

use super::*;
use std::format;
use std::string::String;

const VR: u8 = 250;
const WINDOW: u8 = 20;

fn context(state: FarmState) -> Farm {
    let window = FarmWindow::new(WINDOW).unwrap();
    // Flags against what the cells make of them where the state leaves that open.
    let report = Report {
        lockout: state == FarmState::Lockout,
        wait: state != FarmState::Open,
        retransmit: true,
        farm_b: 3,
        vr: VR,
    };
    Farm { state, window, report }
}

fn effects(verdict: Verdict, farm: &Farm) -> String {
    let Report { lockout, wait, retransmit, farm_b, vr } = farm.report;
    let flag = |set, name| if set { name } else { "" };
    let flags = [flag(lockout, "L"), flag(wait, "W"), flag(retransmit, "R")].concat();
    format!("{verdict:?} V{vr} B{farm_b} {flags} {:?}", farm.state)
}

#[test]
fn every_event_in_every_state() {
    use FarmInput::*;
    let states = [FarmState::Open, FarmState::Wait, FarmState::Lockout];
    let ad = |ns: u8| Ad { ns, room: true };
    #[rustfmt::skip]
    let book = [
        // N/A in S2: a FARM that waits has not been told of room.
        ("E1", ad(250), [
            "Accept V251 B3  Open", "Discard V250 B3 WR Wait", "Discard V250 B3 LWR Lockout"]),
        ("E2", Ad { ns: 250, room: false }, [
            "Discard V250 B3 WR Wait", "Discard V250 B3 WR Wait", "Discard V250 B3 LWR Lockout"]),
        ("E3", ad(251), [
            "Discard V250 B3 R Open", "Discard V250 B3 WR Wait", "Discard V250 B3 LWR Lockout"]),
        ("E3", ad(3), [
            "Discard V250 B3 R Open", "Discard V250 B3 WR Wait", "Discard V250 B3 LWR Lockout"]),
        ("E4", ad(249), [
            "Discard V250 B3 R Open", "Discard V250 B3 WR Wait", "Discard V250 B3 LWR Lockout"]),
        ("E4", ad(240), [
            "Discard V250 B3 R Open", "Discard V250 B3 WR Wait", "Discard V250 B3 LWR Lockout"]),
        ("E5", ad(4), [
            "Discard V250 B3 LR Lockout", "Discard V250 B3 LWR Lockout", "Discard V250 B3 LWR Lockout"]),
        ("E5", ad(239), [
            "Discard V250 B3 LR Lockout", "Discard V250 B3 LWR Lockout", "Discard V250 B3 LWR Lockout"]),
        ("E6", Bd, [
            "Accept V250 B0 R Open", "Accept V250 B0 WR Wait", "Accept V250 B0 LWR Lockout"]),
        ("E7", Unlock, [
            "Accept V250 B0  Open", "Accept V250 B0  Open", "Accept V250 B0  Open"]),
        ("E8", SetVr(9), [
            "Accept V9 B0  Open", "Accept V9 B0  Open", "Accept V250 B0 LWR Lockout"]),
        ("E9", Invalid, [
            "Discard V250 B3 R Open", "Discard V250 B3 WR Wait", "Discard V250 B3 LWR Lockout"]),
        ("E10", BufferReleased, [
            "Discard V250 B3 R Open", "Discard V250 B3 R Open", "Discard V250 B3 LR Lockout"]),
    ];
    let mut cells = 0;
    for (event, input, row) in book {
        for (state, expected) in states.into_iter().zip(row) {
            let mut farm = context(state);
            assert_eq!(format!("{:?}", farm.event(input)), event, "{input:?}");
            let verdict = farm.handle(input);
            assert_eq!(effects(verdict, &farm), expected, "{event} in {state:?}");
            // E11: a report is due; reporting changes nothing.
            let before = farm.clone();
            let _ = farm.report();
            assert_eq!(before.report, farm.report);
            cells += 1;
        }
    }
    assert_eq!(cells, 13 * 3);
}

#[test]
fn early_frames_raise_the_retransmit_flag() {
    let mut farm = Farm::new(FarmWindow::new(10).unwrap());
    assert_eq!(farm.handle(FarmInput::Ad { ns: 4, room: true }), Verdict::Discard);
    assert!(farm.report().retransmit);
    assert_eq!(farm.handle(FarmInput::Ad { ns: 0, room: true }), Verdict::Accept);
    assert_eq!(farm.report(), Report { vr: 1, ..Report::default() });
}

#[test]
fn the_window_parts_every_sequence_number() {
    for width in (2..=254).step_by(2) {
        for (window, positive, negative) in [
            (FarmWindow::new(width).unwrap(), width / 2, width / 2),
            (FarmWindow::without_retransmission(width).unwrap(), width, 0),
        ] {
            let farm = Farm::resume(window, Report { vr: 77, ..Report::default() });
            let mut counts = [0u32; 4];
            for ns in 0..=255 {
                let at = match farm.event(FarmInput::Ad { ns, room: true }) {
                    FarmEvent::E1 => 0,
                    FarmEvent::E3 => 1,
                    FarmEvent::E4 => 2,
                    _ => 3,
                };
                counts[at] += 1;
            }
            let (positive, negative) = (u32::from(positive), u32::from(negative));
            assert_eq!(counts, [1, positive - 1, negative, 256 - positive - negative], "W = {width}");
        }
    }
    assert_eq!(
        [0, 1, 255].map(|width| FarmWindow::new(width).err()),
        [0, 1, 255].map(|w| Some(FarmWindowError(w)))
    );
}
