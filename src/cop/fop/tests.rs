//! Every event of table 5-1 in every state, driven through the public methods and held against what the book says,
//! typed here a second time as effects instead of actions.

use super::*;
use core::time::Duration;
use std::format;
use std::string::String;
use std::vec::Vec;

const NOW: Instant = Instant::from_secs(100);
const T1: Duration = Duration::from_secs(7);
/// What the timer of the starting context says: any value that no action sets.
const RUNNING: Instant = Instant::from_secs(103);
const STATES: [FopState; 6] = [
    FopState::Active,
    FopState::RetransmitWithoutWait,
    FopState::RetransmitWithWait,
    FopState::InitialisingWithoutBc,
    FopState::InitialisingWithBc,
    FopState::Initial,
];

/// S1 to S3: frames 10 and 11 outstanding, a unit waits, the window of two is full. S4, S5: an initiation under way.
fn context(state: FopState) -> Fop<u8> {
    let parameters =
        FopParameters { window: 2, t1_initial: T1, transmission_limit: 3, ..FopParameters::default() };
    let mut fop = Fop::new(parameters).unwrap();
    (fop.state, fop.vs, fop.nn_r) = (state, 12, 12);
    fop.timer = Some(RUNNING);
    match state {
        FopState::InitialisingWithoutBc => fop.initiating = Some(Directive::InitiateWithClcwCheck),
        FopState::InitialisingWithBc => {
            fop.initiating = Some(Directive::InitiateWithUnlock);
            fop.bc = Some((ControlCommand::Unlock, false));
        }
        FopState::Initial => fop.timer = None,
        _ => {
            fop.nn_r = 10;
            for ns in [10, 11] {
                fop.sent.push_back(Sent { request: RequestId(ns.into()), ns, fdu: ns, again: false });
            }
            fop.wait = Some((RequestId(12), 12));
            fop.last_request = 13;
        }
    }
    fop
}

fn nothing_outstanding(fop: &mut Fop<u8>) {
    fop.sent.clear();
    fop.wait = None;
    fop.nn_r = fop.vs;
}

/// In S4 to S6 the book knows no outstanding frames; here V(S) is ahead all the same, as it is after an alert.
fn outstanding(fop: &mut Fop<u8>) {
    fop.nn_r = 10;
}

fn clcw(fop: &mut Fop<u8>, nr: u8, flags: &str) -> Option<bool> {
    let has = |flag| flags.contains(flag);
    let report = Report { lockout: has('L'), wait: has('W'), retransmit: has('R'), farm_b: 0, vr: nr };
    fop.handle_report(NOW, report);
    None
}

fn timeout(fop: &mut Fop<u8>, count: u8, timeout_type: TimeoutType) -> Option<bool> {
    fop.count = count;
    fop.parameters.timeout_type = timeout_type;
    fop.timer = fop.timer.map(|_| NOW);
    fop.handle_timeout(NOW);
    None
}

fn order(fop: &mut Fop<u8>, directive: Directive) -> Option<bool> {
    Some(fop.directive(NOW, directive).is_ok())
}

/// Makes the event happen; says whether a request was accepted.
fn trigger(event: &str, fop: &mut Fop<u8>) -> Option<bool> {
    let frame = |frame| Some(FopTransmit { frame, again: false });
    let (ad, bd) = (FopFrame::Ad { ns: 9, fdu: 9 }, FopFrame::Bd { fdu: 9 });
    let bc = FopFrame::Bc(ControlCommand::Unlock);
    match event {
        "E1" => {
            nothing_outstanding(fop);
            clcw(fop, 12, "")
        }
        "E2" => {
            outstanding(fop);
            clcw(fop, 12, "")
        }
        "E3" => clcw(fop, 12, "W"),
        "E4" => clcw(fop, 12, "R"),
        "E5" | "E6" | "E7" | "E8" | "E9" | "E10" | "E11" | "E12" | "E103" | "E101" | "E102" => {
            outstanding(fop);
            if matches!(event, "E12" | "E103") {
                fop.count = 3;
            }
            if matches!(event, "E101" | "E102") {
                fop.parameters.transmission_limit = 1;
            }
            match event {
                "E5" => clcw(fop, 10, ""),
                "E6" => clcw(fop, 11, ""),
                "E7" => clcw(fop, 11, "W"),
                "E8" | "E101" => clcw(fop, 11, "R"),
                "E9" => clcw(fop, 11, "RW"),
                "E11" | "E103" => clcw(fop, 10, "RW"),
                _ => clcw(fop, 10, "R"),
            }
        }
        "E13" => clcw(fop, 13, ""),
        "E14" => clcw(fop, 11, "LRW"),
        "E15" => {
            fop.handle_invalid_clcw(NOW);
            None
        }
        "E16" => timeout(fop, 2, TimeoutType::Alert),
        "E104" => timeout(fop, 2, TimeoutType::Suspend),
        "E17" => timeout(fop, 3, TimeoutType::Alert),
        "E18" => timeout(fop, 3, TimeoutType::Suspend),
        "E19" => {
            fop.wait = None;
            fop.parameters.window = 3;
            Some(fop.transfer_ad(NOW, 50).is_ok())
        }
        "E20" => {
            fop.wait = Some((RequestId(12), 12));
            Some(fop.transfer_ad(NOW, 50).is_ok())
        }
        "E21" => Some(fop.transfer_bd(NOW, 50).is_ok()),
        "E22" => {
            fop.lower.bd = frame(bd);
            let taken = fop.transfer_bd(NOW, 50).is_ok();
            fop.lower.bd = None;
            Some(taken)
        }
        "E23" => order(fop, Directive::InitiateWithoutClcwCheck),
        "E24" => order(fop, Directive::InitiateWithClcwCheck),
        "E25" => order(fop, Directive::InitiateWithUnlock),
        "E27" => order(fop, Directive::InitiateWithSetVr(77)),
        "E26" | "E28" => {
            fop.lower.bc = frame(bc);
            let with_unlock = event == "E26";
            let directive =
                if with_unlock { Directive::InitiateWithUnlock } else { Directive::InitiateWithSetVr(77) };
            let taken = order(fop, directive);
            fop.lower.bc = None;
            taken
        }
        "E29" => order(fop, Directive::Terminate),
        "E30" | "E31" | "E32" | "E33" | "E34" => {
            fop.suspended = event.as_bytes()[2] - b'0';
            order(fop, Directive::Resume)
        }
        "E35" => order(fop, Directive::SetVs(33)),
        "E35 suspended" => {
            fop.suspended = 1;
            order(fop, Directive::SetVs(33))
        }
        "E36" => order(fop, Directive::SetWindow(9)),
        "E37" => order(fop, Directive::SetT1Initial(Duration::from_secs(1))),
        "E38" => order(fop, Directive::SetTransmissionLimit(9)),
        "E39" => order(fop, Directive::SetTimeoutType(TimeoutType::Suspend)),
        "E40" => order(fop, Directive::SetWindow(0)),
        "E41" => {
            fop.sent.iter_mut().for_each(|sent| sent.again = true);
            fop.lower.ad = frame(ad);
            assert!(fop.poll_transmit(NOW).is_some());
            None
        }
        "E43" => {
            fop.bc = Some((ControlCommand::Unlock, true));
            fop.lower.bc = frame(bc);
            assert!(fop.poll_transmit(NOW).is_some());
            None
        }
        "E45" => {
            fop.lower.bd = frame(bd);
            assert!(fop.poll_transmit(NOW).is_some());
            None
        }
        "E42" => {
            fop.lower_procedures_failed(NOW, &ad);
            None
        }
        "E44" => {
            fop.lower_procedures_failed(NOW, &bc);
            None
        }
        "E46" => {
            fop.lower_procedures_failed(NOW, &bd);
            None
        }
        other => panic!("no event {other}"),
    }
}

/// What came of it, in words, and the state after it.
fn effects(fop: &mut Fop<u8>, taken: Option<bool>, timer_before: Option<Instant>) -> String {
    let mut words: Vec<String> = Vec::new();
    match taken {
        Some(true) => words.push("yes".into()),
        Some(false) => words.push("no".into()),
        None => {}
    }
    while let Some(event) = fop.poll_event() {
        words.push(match event {
            FopEvent::Accepted(request) => format!("took{}", request.0),
            FopEvent::Rejected(request) => format!("back{}", request.0),
            FopEvent::Confirmed(request) => format!("ok{}", request.0),
            FopEvent::NotConfirmed(request) => format!("lost{}", request.0),
            FopEvent::DirectiveConfirmed(_) => "done".into(),
            FopEvent::DirectiveNotConfirmed(_) => "failed".into(),
            FopEvent::Alert(code) => format!("{code:?}!"),
            FopEvent::Suspended => format!("susp{}", fop.suspended),
        });
    }
    let Lower { ad, bc, bd } = &fop.lower;
    for sent in [ad, bc, bd].into_iter().flatten() {
        let again = if sent.again { "again" } else { "" };
        words.push(match &sent.frame {
            FopFrame::Ad { ns, .. } => format!("AD{ns}{again}"),
            FopFrame::Bd { .. } => format!("BD{again}"),
            FopFrame::Bc(ControlCommand::Unlock) => format!("UL{again}"),
            FopFrame::Bc(ControlCommand::SetVr(vr)) => format!("VR{vr}{again}"),
        });
    }
    if fop.timer != timer_before {
        words.push(if fop.timer == Some(NOW + fop.parameters.t1_initial) {
            "T+".into()
        } else {
            "T0".into()
        });
    }
    let state = STATES.iter().position(|state| *state == fop.state).unwrap() + 1;
    words.push(format!("S{state}"));
    words.join(" ")
}

/// Alert codes as effects: what is outstanding is lost, what waits comes back, an initiation fails, the timer stops.
macro_rules! alert {
    ($code:literal) => {
        [
            concat!("lost10 lost11 back12 ", $code, "! T0 S6"),
            concat!("lost10 lost11 back12 ", $code, "! T0 S6"),
            concat!("lost10 lost11 back12 ", $code, "! T0 S6"),
            concat!("failed ", $code, "! T0 S6"),
            concat!("failed ", $code, "! T0 S6"),
            concat!($code, "! S6"),
        ]
    };
}

/// The first `keep` columns of an alert, the others as given.
fn front<const N: usize>(row: [&'static str; 6], others: [&'static str; N]) -> [&'static str; 6] {
    let mut row = row;
    row[6 - N..].copy_from_slice(&others);
    row
}

const SAME: [&str; 6] = ["S1", "S2", "S3", "S4", "S5", "S6"];
const NO: [&str; 6] = ["no S1", "no S2", "no S3", "no S4", "no S5", "no S6"];
const SET: [&str; 6] =
    ["yes done S1", "yes done S2", "yes done S3", "yes done S4", "yes done S5", "yes done S6"];

#[rustfmt::skip]
fn book() -> Vec<(&'static str, [&'static str; 6])> {
    let rest = ["S4", "S5", "S6"];
    // Frame 12 goes out as soon as the window lets it.
    let next = "took12 AD12 T+";
    let all = format!("ok10 ok11 {next} S1").leak() as &str;
    let one = format!("ok10 {next} S1").leak() as &str;
    // Acknowledged one, the other is sent again; the unit that waits comes after it.
    let again = "ok10 AD11again T+ S2";
    let limit = "ok10 lost11 back12 Limit! T0 S6";
    Vec::from([
        ("E1", ["S1", "Synch! T0 S6", "Synch! T0 S6", "done T0 S1", "done T0 S1", "S6"]),
        ("E2", [all, all, all, "S4", "S5", "S6"]),
        ("E3", front(alert!("Clcw"), ["S6"])),
        ("E4", front(alert!("Synch"), ["S5", "S6"])),
        ("E5", ["S1", alert!("Synch")[1], alert!("Synch")[2], "S4", "S5", "S6"]),
        ("E6", [one, one, one, "S4", "S5", "S6"]),
        ("E7", front(alert!("Clcw"), rest)),
        ("E101", [limit, limit, limit, "S4", "S5", "S6"]),
        ("E102", front(alert!("Limit"), rest)),
        ("E8", [again, again, again, "S4", "S5", "S6"]),
        ("E9", ["ok10 S3", "ok10 S3", "ok10 S3", "S4", "S5", "S6"]),
        ("E10", ["AD10again T+ S2", "S2", "AD10again T+ S2", "S4", "S5", "S6"]),
        ("E11", ["S3", "S3", "S3", "S4", "S5", "S6"]),
        ("E12", ["S2", "S2", "S2", "S4", "S5", "S6"]),
        ("E103", ["S3", "S3", "S3", "S4", "S5", "S6"]),
        ("E13", front(alert!("NnR"), ["S5", "S6"])),
        ("E14", front(alert!("Lockout"), ["S5", "S6"])),
        ("E15", front(alert!("Clcw"), ["S6"])),
        ("E16", ["AD10again T+ S1", "AD10again T+ S2", "T0 S3", "failed T1! T0 S6", "ULagain T+ S5", "S6"]),
        ("E104", ["AD10again T+ S1", "AD10again T+ S2", "T0 S3", "susp4 T0 S6", "ULagain T+ S5", "S6"]),
        ("E17", front(alert!("T1"), ["S6"])),
        ("E18", ["susp1 T0 S6", "susp2 T0 S6", "susp3 T0 S6", "susp4 T0 S6", "failed T1! T0 S6", "S6"]),
        ("E19", ["yes took13 AD12 T+ S1", "yes took13 AD12 T+ S2", "yes S3", "no S4", "no S5", "no S6"]),
        ("E20", NO),
        ("E21", ["yes took13 BD S1", "yes took13 BD S2", "yes took13 BD S3", "yes took0 BD S4", "yes took0 BD S5",
            "yes took0 BD S6"]),
        ("E22", NO),
        ("E23", ["no S1", "no S2", "no S3", "no S4", "no S5", "yes done S1"]),
        ("E24", ["no S1", "no S2", "no S3", "no S4", "no S5", "yes T+ S4"]),
        ("E25", ["no S1", "no S2", "no S3", "no S4", "no S5", "yes UL T+ S5"]),
        ("E26", NO),
        ("E27", ["no S1", "no S2", "no S3", "no S4", "no S5", "yes VR77 T+ S5"]),
        ("E28", NO),
        ("E29", ["yes lost10 lost11 back12 Term! done T0 S6", "yes lost10 lost11 back12 Term! done T0 S6",
            "yes lost10 lost11 back12 Term! done T0 S6", "yes failed Term! done T0 S6",
            "yes failed Term! done T0 S6", "yes done S6"]),
        ("E30", NO),
        ("E31", ["no S1", "no S2", "no S3", "no S4", "no S5", "yes done T+ S1"]),
        ("E32", ["no S1", "no S2", "no S3", "no S4", "no S5", "yes done T+ S2"]),
        ("E33", ["no S1", "no S2", "no S3", "no S4", "no S5", "yes done T+ S3"]),
        ("E34", ["no S1", "no S2", "no S3", "no S4", "no S5", "yes done T+ S4"]),
        ("E35", ["no S1", "no S2", "no S3", "no S4", "no S5", "yes done S6"]),
        ("E35 suspended", NO),
        ("E36", SET),
        ("E37", SET),
        ("E38", SET),
        ("E39", SET),
        ("E40", NO),
        ("E41", ["AD10again S1", "AD10again S2", "S3", "S4", "S5", "S6"]),
        ("E42", alert!("Llif")),
        ("E43", ["S1", "S2", "S3", "S4", "ULagain S5", "S6"]),
        ("E44", alert!("Llif")),
        ("E45", SAME),
        ("E46", alert!("Llif")),
    ])
}

#[test]
fn every_event_in_every_state() {
    let mut cells = 0;
    for (event, row) in book() {
        for (state, expected) in STATES.into_iter().zip(row) {
            let mut fop = context(state);
            let timer = fop.timer;
            let taken = trigger(event, &mut fop);
            let found = effects(&mut fop, taken, timer);
            assert_eq!(found, expected, "{event} in {state:?}");
            cells += 1;
        }
    }
    // 46 events of issue 1, four of issue 2, and Set V(S) once more for suspension.
    assert_eq!(cells, 51 * 6);
}

#[test]
fn every_event_is_recognised_for_what_it_is() {
    // The rows above say which event they mean; here the classification itself, at the limits of its ranges.
    let mut fop = context(FopState::Active);
    (fop.nn_r, fop.vs) = (254, 3);
    let report = |vr, flags: &str| Report {
        lockout: flags.contains('L'),
        wait: flags.contains('W'),
        retransmit: flags.contains('R'),
        farm_b: 3,
        vr,
    };
    for (nr, flags, event) in [
        (3, "", TableEvent::E2),
        (3, "W", TableEvent::E3),
        (3, "R", TableEvent::E4),
        (3, "RW", TableEvent::E4),
        (254, "", TableEvent::E5),
        (255, "", TableEvent::E6),
        (2, "", TableEvent::E6),
        (2, "W", TableEvent::E7),
        (254, "W", TableEvent::E7),
        (0, "R", TableEvent::E8),
        (0, "RW", TableEvent::E9),
        (254, "R", TableEvent::E10),
        (254, "RW", TableEvent::E11),
        (4, "", TableEvent::E13),
        (253, "R", TableEvent::E13),
        (100, "W", TableEvent::E13),
        (2, "LRW", TableEvent::E14),
        (100, "L", TableEvent::E14),
    ] {
        assert_eq!(fop.classify(report(nr, flags)), event, "N(R) {nr} {flags}");
    }
    fop.count = 3;
    assert_eq!(fop.classify(report(254, "R")), TableEvent::E12);
    assert_eq!(fop.classify(report(254, "RW")), TableEvent::E103);
    fop.parameters.transmission_limit = 1;
    assert_eq!(fop.classify(report(254, "RW")), TableEvent::E102);
    assert_eq!(fop.classify(report(255, "R")), TableEvent::E101);
    (fop.nn_r, fop.parameters.window) = (3, 255);
    assert_eq!(fop.classify(report(3, "")), TableEvent::E1);
    fop.vs = fop.nn_r.wrapping_add(255);
    assert_eq!(fop.classify(report(1, "")), TableEvent::E6);
}

#[test]
fn every_parameter_directive_takes_effect_and_nonsense_is_refused() {
    let mut fop = context(FopState::Initial);
    for directive in [
        Directive::SetWindow(255),
        Directive::SetT1Initial(Duration::from_millis(1)),
        Directive::SetTransmissionLimit(200),
        Directive::SetTimeoutType(TimeoutType::Suspend),
    ] {
        fop.directive(NOW, directive).unwrap();
    }
    let set = FopParameters {
        window: 255,
        t1_initial: Duration::from_millis(1),
        transmission_limit: 200,
        timeout_type: TimeoutType::Suspend,
    };
    assert_eq!(fop.parameters(), set);
    for directive in
        [Directive::SetWindow(0), Directive::SetTransmissionLimit(0), Directive::SetT1Initial(Duration::ZERO)]
    {
        let refused = Rejected { event: TableEvent::E40, state: FopState::Initial };
        assert_eq!(fop.directive(NOW, directive), Err(refused));
    }
    assert_eq!(fop.parameters(), set);
    let none = FopParameters { window: 0, ..set };
    assert_eq!(Fop::<u8>::new(none).err(), Some(FopParameterError::Window));
}

#[test]
fn a_window_of_255_holds_255_frames_and_no_more() {
    let mut fop = Fop::new(FopParameters { window: 255, ..FopParameters::default() }).unwrap();
    fop.directive(NOW, Directive::SetVs(200)).unwrap();
    fop.directive(NOW, Directive::InitiateWithoutClcwCheck).unwrap();
    let mut sent = 0;
    while fop.is_hungry() {
        fop.transfer_ad(NOW, ()).unwrap();
        while fop.poll_transmit(NOW).is_some() {
            sent += 1;
        }
    }
    assert_eq!((sent, fop.outstanding(), fop.vs()), (255, 255, 199));
    // All but the unit that waits are acknowledged at once.
    fop.handle_report(NOW, Report { vr: 199, ..Report::default() });
    assert_eq!(fop.poll_transmit(NOW).map(|sent| sent.frame), Some(FopFrame::Ad { ns: 199, fdu: () }));
}
