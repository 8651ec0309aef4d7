//! The report for people.

use crate::decode::Decoded;
use spacelink::link::downlink::{PacketId, Spacecraft};
use spacelink::packet::Apid;
use std::io::{self, Write};

pub fn print(mission: &str, decoded: &Decoded) -> io::Result<()> {
    let out = &mut io::stdout().lock();
    let receiver = &decoded.receiver;
    let counters = receiver.counters();
    if !mission.is_empty() {
        writeln!(out, "{mission}")?;
    }
    writeln!(
        out,
        "{} frames: {} beyond repair, {} with a wrong check sequence, {} malformed, {} of other spacecraft",
        counters.frames, counters.uncorrectable, counters.check_failed, counters.malformed, counters.foreign
    )?;
    if counters.skipped_octets > 0 {
        writeln!(out, "{} octets skipped where no frame began", counters.skipped_octets)?;
    }
    if counters.cut_octets > 0 {
        writeln!(out, "{} octets at the end are no whole frame", counters.cut_octets)?;
    }
    quality(out, decoded)?;
    for spacecraft in receiver.spacecraft() {
        channels(out, spacecraft)?;
        packets(out, spacecraft)?;
        clcws(out, spacecraft)?;
    }
    Ok(())
}

fn quality(out: &mut impl Write, decoded: &Decoded) -> io::Result<()> {
    let Some(quality) = decoded.receiver.quality() else { return Ok(()) };
    writeln!(
        out,
        "code: {} symbols repaired, {} codewords beyond repair, {} blocks dropped, {} iterations",
        quality.symbols_corrected,
        quality.codewords_uncorrectable,
        quality.blocks_dropped,
        quality.iterations
    )?;
    let sync = quality.sync;
    writeln!(
        out,
        "markers: {} locks, {} lost, {} flown over, {} bit errors, {} slips",
        sync.locks, sync.locks_lost, sync.flywheels, sync.marker_bit_errors, quality.slips
    )?;
    let inner = quality.inner;
    if inner.symbols > 0 {
        let rate = inner.symbol_errors as f64 / inner.symbols as f64;
        writeln!(
            out,
            "convolutional code: {} symbols, {} wrong ({:.2} %), {} bits; found {} times, lost {}",
            inner.symbols,
            inner.symbol_errors,
            100.0 * rate,
            inner.bits,
            quality.inner_acquisitions,
            quality.inner_losses
        )?;
    }
    Ok(())
}

fn channels(out: &mut impl Write, spacecraft: &Spacecraft) -> io::Result<()> {
    writeln!(out, "\nspacecraft {}", spacecraft.scid().0)?;
    writeln!(
        out,
        "{:>4} {:>10} {:>8} {:>10} {:>8} {:>8} {:>10} {:>10}",
        "VC", "frames", "gaps", "missing", "repeated", "broken", "packets", "idle"
    )?;
    for (vcid, counters) in spacecraft.channels() {
        writeln!(
            out,
            "{:>4} {:>10} {:>8} {:>10} {:>8} {:>8} {:>10} {:>10}",
            vcid.value(),
            counters.frames,
            counters.gaps,
            counters.missing,
            counters.duplicates,
            counters.broken,
            counters.packets,
            counters.idle_packets
        )?;
    }
    Ok(())
}

fn packets(out: &mut impl Write, spacecraft: &Spacecraft) -> io::Result<()> {
    if spacecraft.packets().next().is_none() {
        return Ok(());
    }
    writeln!(
        out,
        "\n{:>4} {:>12} {:>10} {:>12} {:>8} {:>10} {:>8}",
        "VC", "APID", "packets", "octets", "gaps", "missing", "repeated"
    )?;
    for (vcid, id, counters) in spacecraft.packets() {
        let name = match id {
            PacketId::Apid(Apid::IDLE) => "2047 (idle)".to_owned(),
            PacketId::Apid(apid) => apid.value().to_string(),
            PacketId::Protocol(protocol) => format!("protocol {}", protocol.value()),
        };
        writeln!(
            out,
            "{:>4} {:>12} {:>10} {:>12} {:>8} {:>10} {:>8}",
            vcid.value(),
            name,
            counters.packets,
            counters.octets,
            counters.gaps,
            counters.missing,
            counters.repeated
        )?;
    }
    Ok(())
}

fn clcws(out: &mut impl Write, spacecraft: &Spacecraft) -> io::Result<()> {
    for (vcid, counters) in spacecraft.clcws() {
        writeln!(
            out,
            "\nCLCW of TC VC {}: {} words, V(R) {} after {} changes; no RF {}, no bit lock {}, lockout {}, wait {}, \
             retransmit {}",
            vcid.value(),
            counters.words,
            counters.last.report_value,
            counters.report_changes,
            counters.no_rf_available,
            counters.no_bit_lock,
            counters.lockout,
            counters.wait,
            counters.retransmit
        )?;
    }
    if spacecraft.other_reports() > 0 {
        writeln!(out, "\n{} operational control fields that are no CLCW", spacecraft.other_reports())?;
    }
    Ok(())
}
