//! FOP-1 and FARM-1 on any sequence of requests, directives, losses, timeouts and made-up reports: no panic; every unit is
//! answered once; in stretches with honest reports nothing is delivered twice or out of order.
#![no_main]

use libfuzzer_sys::fuzz_target;
use spacelink::cop::{
    Directive, Farm, FarmInput, FarmWindow, Fop, FopEvent, FopFrame, FopParameters, Report, TimeoutType,
    Verdict,
};
use spacelink::frame::tc::ControlCommand;
use spacelink::time::Instant;
use std::collections::BTreeMap;
use std::time::Duration;

fuzz_target!(|input: (u8, u8, Vec<(u8, u8, u8)>)| {
    let (window, limit, steps) = input;
    let honest = steps.iter().all(|(what, ..)| what % 16 != 3 && what % 16 != 4);
    let parameters = FopParameters {
        window: window.clamp(1, 127),
        transmission_limit: limit.max(1),
        t1_initial: Duration::from_secs(1),
        timeout_type: if limit % 2 == 0 { TimeoutType::Alert } else { TimeoutType::Suspend },
    };
    let mut fop = Fop::<u64>::new(parameters).expect("legal parameters");
    let mut farm = Farm::new(FarmWindow::new(254).expect("a legal window"));
    let mut now = Instant::ZERO;
    let (mut answers, mut next, mut delivered) = (BTreeMap::new(), 0u64, Vec::new());
    for (what, a, b) in steps {
        match what % 16 {
            0 | 1 => {
                if let Ok(request) = fop.transfer_ad(now, next) {
                    answers.insert(request, 0);
                    next += 1;
                }
            }
            2 => _ = fop.transfer_bd(now, u64::MAX),
            3 => fop.handle_report(
                now,
                Report { lockout: a & 1 > 0, wait: a & 2 > 0, retransmit: a & 4 > 0, farm_b: a >> 6, vr: b },
            ),
            4 => {
                _ = fop.directive(
                    now,
                    if a & 1 == 0 { Directive::SetVs(b) } else { Directive::InitiateWithSetVr(b) },
                )
            }
            5 => fop.handle_invalid_clcw(now),
            6 => _ = fop.directive(now, Directive::InitiateWithoutClcwCheck),
            7 => _ = fop.directive(now, Directive::InitiateWithClcwCheck),
            8 => _ = fop.directive(now, Directive::InitiateWithUnlock),
            9 => _ = fop.directive(now, if a & 1 == 0 { Directive::Terminate } else { Directive::Resume }),
            10 => {
                now += Duration::from_millis(a.into());
                fop.handle_timeout(now);
            }
            11 => _ = farm.handle(FarmInput::BufferReleased),
            12 => fop.handle_report(now, farm.report()),
            _ => {
                while let Some(sent) = fop.poll_transmit(now) {
                    if a & 1 == 0 {
                        continue;
                    }
                    let input = match sent.frame {
                        FopFrame::Ad { ns, .. } => FarmInput::Ad { ns, room: b & 1 == 0 },
                        FopFrame::Bd { .. } => FarmInput::Bd,
                        FopFrame::Bc(ControlCommand::Unlock) => FarmInput::Unlock,
                        FopFrame::Bc(ControlCommand::SetVr(vr)) => FarmInput::SetVr(vr),
                    };
                    if farm.handle(input) == Verdict::Accept
                        && let FopFrame::Ad { fdu, .. } = sent.frame
                    {
                        delivered.push(fdu);
                    }
                }
            }
        }
        while let Some(event) = fop.poll_event() {
            if let FopEvent::Rejected(request)
            | FopEvent::Confirmed(request)
            | FopEvent::NotConfirmed(request) = event
                && let Some(count) = answers.get_mut(&request)
            {
                *count += 1;
            }
        }
    }
    assert!(answers.values().all(|count| *count <= 1));
    let open = answers.values().filter(|count| **count == 0).count();
    assert!(open <= fop.outstanding() + 1, "units without an answer");
    if honest {
        assert!(delivered.is_sorted_by(|a, b| a < b), "{delivered:?}");
    }
});
