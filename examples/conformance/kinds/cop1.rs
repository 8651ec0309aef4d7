//! COP-1 traces: frames into FARM-1, and requests, directives and CLCWs into FOP-1.

use serde_json::Value;
use spacelink::cop::{
    AlertCode, Directive, Farm, FarmInput, FarmState, FarmWindow, Fop, FopEvent, FopFrame, FopParameters,
    FopState, Report, Verdict,
};
use spacelink::frame::tc::{ControlCommand, TcFrame, TcHeader, TcKind, TcParameters, TcSettings};
use spacelink::frame::{Clcw, Scid, Vcid};
use spacelink::time::Instant;
use spacelink::wire::Encode;
use std::time::Duration;

use crate::runner::{Case, Failure, Tally, expect, expect_octets, list};

pub fn cop1_farm(file: &Value, tally: &mut Tally) {
    tally.cases(file, "vectors", |case| farm(case).map(|_| ()));
    let disputed: usize = list(file, "vectors").iter().filter_map(|case| farm(&Case(case)).ok()).sum();
    if disputed > 0 {
        tally.notes.push(format!(
            "{disputed} CLCWs of lockouts that began in wait: the wait flag stays until Unlock or room (232.1-B-2 \
             table 6-1, E5, E7, E10), the oracle drops it at once"
        ));
    }
}

pub fn cop1_fop(file: &Value, tally: &mut Tally) {
    tally.cases(file, "vectors", |case| fop(case).map(|_| ()));
    let disputes: Vec<_> =
        list(file, "vectors").iter().filter_map(|case| fop(&Case(case)).ok().flatten()).collect();
    for (dispute, what) in [
        (Dispute::Window, "a unit waits though V(S) < NN(R) + K modulo 256 (232.1-B-2 §5.2.1, §5.2.10)"),
        (Dispute::Numbering, "the driver of the oracle gives the same N(S) to two frames"),
        (Dispute::NnR, "NN(R) is not what the definition says after an alert (232.1-B-2 §5.1.8)"),
    ] {
        let count = disputes.iter().filter(|found| **found == dispute).count();
        if count > 0 {
            tally.notes.push(format!("{count} traces are compared up to where {what}"));
        }
    }
    tally.notes.push(
        "an initiation with CLCW check that ends in an alert is confirmed negatively (232.1-B-2 §5.2.15); the \
         oracle leaves that out"
            .into(),
    );
}

/// Where a trace stops being the book's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dispute {
    /// The oracle takes NN(R) + K for a plain number.
    Window,
    /// The driver numbers frames when they are requested, and the one that waited was not counted.
    Numbering,
    /// The oracle raises NN(R) by the number of frames confirmed instead of to N(R).
    NnR,
}

fn link() -> Result<TcParameters, Failure> {
    TcParameters::new(TcSettings { fecf: true, ..TcSettings::default() }).map_err(|error| error.to_string())
}

/// Counts the CLCWs whose wait flag is disputed.
fn farm(case: &Case) -> Result<usize, Failure> {
    let link = link()?;
    let vcid = Vcid::new(case.u64("vcid")? as u8).ok_or("vcid is beyond 6 bits")?;
    let window = FarmWindow::new(case.u64("window")? as u8).map_err(|error| error.to_string())?;
    let initial = case.str("initial_state")?;
    let report = Report {
        lockout: initial.starts_with("S3"),
        wait: initial.starts_with("S2"),
        vr: case.u64("initial_vr")? as u8,
        ..Report::default()
    };
    let mut farm = Farm::resume(window, report);
    let (mut delivered, mut disputed) = (Vec::new(), 0);
    for (number, step) in case.list("steps")?.iter().map(Case).enumerate() {
        let octets = step.hex("frame")?;
        let (frame, _) = TcFrame::decode(&link, &octets).map_err(|error| error.to_string())?;
        let (input, fsn) = match (frame.header.kind, frame.command().map_err(|error| error.to_string())?) {
            (TcKind::Ad { ns }, _) => (FarmInput::Ad { ns, room: true }, Some(ns)),
            (TcKind::Bd, _) => (FarmInput::Bd, Some(0)),
            (TcKind::Bc, Some(ControlCommand::Unlock)) => (FarmInput::Unlock, None),
            (TcKind::Bc, Some(ControlCommand::SetVr(vr))) => (FarmInput::SetVr(vr), None),
            (TcKind::Bc, None) => return Err("a BC frame without command".into()),
        };
        // Buffers are released between steps without a step of its own.
        if farm.state() == FarmState::Wait && step.str("event")?.contains(":S1") {
            let _ = farm.handle(FarmInput::BufferReleased);
        }
        let before = farm.state();
        let event = farm.event(input);
        if farm.handle(input) == Verdict::Accept {
            delivered.extend(fsn.map(u64::from));
        }
        let transition = format!("{event:?}:{}>{}", farm_name(before), farm_name(farm.state()));
        expect(&format!("step {number}: event"), &step.str("event")?, &transition.as_str())?;
        let mut report = farm.report();
        let clcw = step.hex("clcw")?;
        if farm.state() == FarmState::Lockout
            && report.wait
            && clcw.get(2).is_some_and(|flags| flags & 0x10 == 0)
        {
            report.wait = false;
            disputed += 1;
        }
        expect_octets(&format!("step {number}: CLCW"), &clcw, &report.to_clcw(vcid).to_octets())?;
    }
    let expected: Option<Vec<_>> = case.list("delivered_fsn")?.iter().map(Value::as_u64).collect();
    expect("frames delivered", &expected, &Some(delivered))?;
    Ok(disputed)
}

fn farm_name(state: FarmState) -> &'static str {
    match state {
        FarmState::Open => "S1 - Open",
        FarmState::Wait => "S2 - Wait",
        FarmState::Lockout => "S3 - Lockout",
    }
}

/// Runs a trace to its end, or to where the oracle left the book.
fn fop(case: &Case) -> Result<Option<Dispute>, Failure> {
    let now = Instant::ZERO;
    let link = link()?;
    let vcid = Vcid::new(case.u64("vcid")? as u8).ok_or("vcid is beyond 6 bits")?;
    let mut fop = Fop::<Vec<u8>>::new(FopParameters::default()).map_err(|error| error.to_string())?;
    let mut requests = Vec::new();
    for (number, step) in case.list("steps")?.iter().map(Case).enumerate() {
        let input = step.str("in")?;
        let mut words = input.split(' ');
        let mut found = Vec::new();
        let mut waiting_check = false;
        match (words.next(), words.next()) {
            (Some("clcw"), Some(hex)) => {
                let octets = hex::decode(hex).map_err(|error| error.to_string())?;
                let word = octets.as_slice().try_into().map_err(|_| "a CLCW has four octets")?;
                let clcw = Clcw::from_octets(word).map_err(|error| error.to_string())?;
                fop.handle_report(now, clcw.into());
            }
            (Some("transmit"), Some(hex)) => {
                let octets = hex::decode(hex).map_err(|error| error.to_string())?;
                let (frame, _) = TcFrame::decode(&link, &octets).map_err(|error| error.to_string())?;
                let bypass = frame.header.kind == TcKind::Bd;
                if matches!(frame.header.kind, TcKind::Ad { ns } if ns != fop.vs()) {
                    return Ok(Some(Dispute::Numbering));
                }
                let data = frame.data.to_vec();
                let outcome = if bypass { fop.transfer_bd(now, data) } else { fop.transfer_ad(now, data) };
                let ns = if let TcKind::Ad { ns } = frame.header.kind { ns } else { 0 };
                match outcome {
                    Ok(request) => requests.push((request, ns)),
                    Err(_) => found.push(format!("transfer:REJECT_RESPONSE:{ns}")),
                }
                waiting_check = !bypass;
            }
            (Some("directive"), Some(name)) => {
                let value = words.next().unwrap_or("0");
                let directive = directive(name, value)?;
                let outcome = fop.directive(now, directive);
                let response = if outcome.is_ok() { "ACCEPT" } else { "REJECT" };
                found.push(format!("directive:{response}_RESPONSE:{}", directive_name(directive)));
            }
            _ => return Err(format!("step {number}: {input}")),
        }
        loop {
            while let Some(event) = fop.poll_event() {
                found.extend(event_name(event, &requests));
            }
            let Some(sent) = fop.poll_transmit(now) else { break };
            found.push(frame_name(&link, vcid, sent.frame)?);
        }
        let mut expected = step.list("effects")?.iter().filter_map(Value::as_str).collect::<Vec<_>>();
        let unwrapped = u16::from(fop.nn_r()) + u16::from(fop.parameters().window);
        if waiting_check && expected.is_empty() && !found.is_empty() && unwrapped > 255 {
            return Ok(Some(Dispute::Window));
        }
        let negative = "directive:NEGATIVE_CONFIRM:INIT_AD_WITH_CLCW:0";
        if !expected.contains(&negative) {
            found.retain(|effect| effect != negative);
        }
        // The order of confirmations of one step is the oracle's own: a purged control command comes in the queue.
        let mut found: Vec<&str> = found.iter().map(String::as_str).collect();
        expected.sort_unstable();
        found.sort_unstable();
        let at = format!("step {number}, {input}");
        expect(&at, &expected, &found)?;
        expect(&at, &step.str("state")?, &fop_name(fop.state()))?;
        let confirmed_all = input.starts_with("clcw") && fop.nn_r() == fop.vs() && fop.outstanding() == 0;
        if confirmed_all && step.u64("nn_r")? != u64::from(fop.nn_r()) {
            return Ok(Some(Dispute::NnR));
        }
        expect(&at, &step.u64("nn_r")?, &u64::from(fop.nn_r()))?;
        expect(&at, &step.u64("sent_queue")?, &(fop.outstanding() as u64))?;
    }
    Ok(None)
}

fn directive(name: &str, value: &str) -> Result<Directive, Failure> {
    let number = || value.parse::<u8>().map_err(|error| format!("{value}: {error}"));
    Ok(match name {
        "INIT_AD_WITHOUT_CLCW" => Directive::InitiateWithoutClcwCheck,
        "INIT_AD_WITH_CLCW" => Directive::InitiateWithClcwCheck,
        "INIT_AD_WITH_UNLOCK" => Directive::InitiateWithUnlock,
        "INIT_AD_WITH_SET_V_R" => Directive::InitiateWithSetVr(number()?),
        "TERMINATE" => Directive::Terminate,
        "RESUME" => Directive::Resume,
        "SET_V_S" => Directive::SetVs(number()?),
        "SET_FOP_SLIDING_WINDOW" => Directive::SetWindow(number()?),
        "SET_TRANSMISSION_LIMIT" => Directive::SetTransmissionLimit(number()?),
        "SET_T1_INITIAL" => {
            let seconds = value.parse().map_err(|error| format!("{value}: {error}"))?;
            Directive::SetT1Initial(Duration::from_secs(seconds))
        }
        other => return Err(format!("directive {other}")),
    })
}

fn directive_name(directive: Directive) -> String {
    match directive {
        Directive::InitiateWithoutClcwCheck => "INIT_AD_WITHOUT_CLCW:0".into(),
        Directive::InitiateWithClcwCheck => "INIT_AD_WITH_CLCW:0".into(),
        Directive::InitiateWithUnlock => "INIT_AD_WITH_UNLOCK:0".into(),
        Directive::InitiateWithSetVr(vr) => format!("INIT_AD_WITH_SET_V_R:{vr}"),
        Directive::Terminate => "TERMINATE:0".into(),
        Directive::Resume => "RESUME:0".into(),
        Directive::SetVs(vs) => format!("SET_V_S:{vs}"),
        Directive::SetWindow(window) => format!("SET_FOP_SLIDING_WINDOW:{window}"),
        Directive::SetT1Initial(time) => format!("SET_T1_INITIAL:{}", time.as_secs()),
        Directive::SetTransmissionLimit(limit) => format!("SET_TRANSMISSION_LIMIT:{limit}"),
        Directive::SetTimeoutType(_) => "SET_TIMEOUT_TYPE".into(),
    }
}

fn event_name(event: FopEvent, requests: &[(spacelink::cop::RequestId, u8)]) -> Option<String> {
    let transfer = |response: &str, request| {
        let ns = requests.iter().find(|(known, _)| *known == request)?.1;
        Some(format!("transfer:{response}:{ns}"))
    };
    match event {
        FopEvent::Accepted(request) => transfer("ACCEPT_RESPONSE", request),
        FopEvent::Rejected(request) => transfer("REJECT_RESPONSE", request),
        FopEvent::Confirmed(request) => transfer("POSITIVE_CONFIRM", request),
        FopEvent::NotConfirmed(request) => transfer("NEGATIVE_CONFIRM", request),
        FopEvent::DirectiveConfirmed(directive) => {
            Some(format!("directive:POSITIVE_CONFIRM:{}", directive_name(directive)))
        }
        FopEvent::DirectiveNotConfirmed(directive) => {
            Some(format!("directive:NEGATIVE_CONFIRM:{}", directive_name(directive)))
        }
        FopEvent::Alert(code) => Some(format!("alert:{}", alert_name(code))),
        FopEvent::Suspended => Some("suspend".into()),
    }
}

fn alert_name(code: AlertCode) -> &'static str {
    match code {
        AlertCode::Limit => "LIMIT",
        AlertCode::T1 => "T1",
        AlertCode::Lockout => "LOCKOUT",
        AlertCode::Synch => "SYNCH",
        AlertCode::NnR => "NN_R",
        AlertCode::Clcw => "CLCW",
        AlertCode::Llif => "LLIF",
        AlertCode::Term => "TERM",
    }
}

/// The frame as octets: the traces are of spacecraft 1.
fn frame_name(link: &TcParameters, vcid: Vcid, frame: FopFrame<Vec<u8>>) -> Result<String, Failure> {
    let (name, kind, data) = match frame {
        FopFrame::Ad { ns, fdu } => ("AD", TcKind::Ad { ns }, fdu),
        FopFrame::Bd { fdu } => ("BD", TcKind::Bd, fdu),
        FopFrame::Bc(command) => ("BC", TcKind::Bc, command.to_vec().map_err(|error| error.to_string())?),
    };
    let mut out = [0; 1024];
    let header = TcHeader { scid: Scid(1), vcid, kind };
    let len = TcFrame { header, data: &data }.encode(link, &mut out).map_err(|error| error.to_string())?;
    Ok(format!("out:{name}:{}", hex::encode(&out[..len])))
}

fn fop_name(state: FopState) -> &'static str {
    match state {
        FopState::Active => "S1 - Active",
        FopState::RetransmitWithoutWait => "S2 - Retransmit without wait",
        FopState::RetransmitWithWait => "S3 - Retransmit with wait",
        FopState::InitialisingWithoutBc => "S4 - Initialising without BC Frame",
        FopState::InitialisingWithBc => "S5 - Initialising with BC Frame",
        FopState::Initial => "S6 - Initial",
    }
}
