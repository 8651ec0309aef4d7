//! Bundles of RFC 9171.

use crate::runner::{Case, Failure, Tally, expect, expect_octets, expect_refusal, list};
use bytes::Bytes;
use serde_json::Value;
use spacelink::bundle::{
    AdminRecord, Block, BlockContent, BlockFlags, Bundle, BundleError, BundleFlags, CrcType,
    CreationTimestamp, Eid, Fragment, FragmentRange, HopCount, NodeNumber, Reason, Rules, Status,
    StatusReport, block_type,
};
use spacelink::time::DtnTime;
use std::time::Duration;

/// `bpv7_bundles`: fields to octets and back; bundles that must be refused.
///
/// Some vectors are built by software that knows RFC 9171 without RFC 9758 and leaves out the check of the primary
/// block. Those are read with the two rules waived that `Rules` can waive, and must in turn be refused by the strict
/// reader for just these reasons.
///
/// The same software writes the age in microseconds; RFC 9171 §4.4.2 counts milliseconds. The octets of such a
/// vector mean a thousand times the age it names, and are compared with that.
pub fn bpv7_bundles(file: &Value, tally: &mut Tally) {
    tally.cases(file, "vectors", vector);
    tally.cases(file, "negative", negative);
    let departs = |case: &&Value| strict_refusal(&Case(case)).is_ok_and(|refusal| refusal.is_some());
    let count = list(file, "vectors").iter().filter(departs).count();
    let aged = list(file, "vectors").iter().filter(|case| age_factor(&Case(case)) == Ok(MICROS)).count();
    if aged > 0 {
        tally
            .notes
            .push(format!("{aged} vectors hold the age in microseconds, where RFC 9171 counts milliseconds"));
    }
    if count > 0 {
        tally.notes.push(format!(
            "{count} vectors lack the primary's check or treat ipn:0.x as a source like any other; \
             read as such on request, refused by the strict reader"
        ));
    }
}

fn vector(case: &Case) -> Result<(), Failure> {
    let octets = case.hex("hex")?;
    let built = build(case)?;
    expect_octets("encoded", &octets, &built.encode())?;

    let bundle =
        Bundle::decode_with(octets.clone().into(), &Rules::LENIENT).map_err(|error| error.to_string())?;
    expect("decoded", &built, &bundle)?;
    compare(case, &bundle)?;
    expect_octets("encoded again", &octets, &bundle.encode())?;

    // One octet more belongs to the next bundle.
    let followed: Vec<u8> = octets.iter().copied().chain([0x9F]).collect();
    let (first, rest) =
        Bundle::decode_prefix(followed.into(), &Rules::LENIENT).map_err(|error| error.to_string())?;
    expect("decoded from the front", &bundle, &first)?;
    expect("rest", &1, &rest.len())?;

    let strict = Bundle::decode(octets.into());
    match strict_refusal(case)? {
        None => expect("decoded strictly", &Ok(bundle), &strict),
        Some(refusal) => expect("decoded strictly", &Some(refusal), &strict.err().map(name)),
    }
}

/// Why the strict reader must refuse a vector, going by its fields alone.
fn strict_refusal(case: &Case) -> Result<Option<&'static str>, Failure> {
    let flags = BundleFlags(case.u64("flags")?);
    if case.str("source")?.starts_with("ipn:0.") {
        if !flags.contains(BundleFlags::MUST_NOT_FRAGMENT) {
            return Ok(Some("AnonymousFragmentable"));
        }
        if flags.asks_reports() {
            return Ok(Some("AnonymousAsksReports"));
        }
        for block in case.list("extension_blocks")? {
            if BlockFlags(Case(block).u64("flags")?).contains(BlockFlags::REPORT_UNPROCESSED) {
                return Ok(Some("BlockAsksReports"));
            }
        }
    }
    let integrity = |block: &&Value| Case(block).u64("type") == Ok(block_type::INTEGRITY);
    let unprotected =
        case.u64("crc_type")? == 0 && !case.list("extension_blocks")?.iter().any(|b| integrity(&b));
    Ok(unprotected.then_some("UnprotectedPrimary"))
}

/// The name of the rule.
fn name(error: BundleError) -> &'static str {
    match error {
        BundleError::AnonymousFragmentable => "AnonymousFragmentable",
        BundleError::AnonymousAsksReports => "AnonymousAsksReports",
        BundleError::BlockAsksReports { .. } => "BlockAsksReports",
        BundleError::UnprotectedPrimary => "UnprotectedPrimary",
        _ => "another rule",
    }
}

/// The bundle with the fields of the case.
fn build(case: &Case) -> Result<Bundle, Failure> {
    let mut builder = Bundle::builder(eid(case.str("source")?)?, eid(case.str("destination")?)?)
        .rules(Rules::LENIENT)
        .report_to(eid(case.str("report_to")?)?)
        .timestamp(CreationTimestamp {
            time: DtnTime(case.u64("creation_time")?),
            sequence: case.u64("sequence")?,
        })
        .lifetime(Duration::from_millis(case.u64("lifetime_ms")?))
        .flags(BundleFlags(case.u64("flags")?))
        .primary_crc(crc(case, "crc_type")?)
        .payload_crc(crc(case, "payload_crc_type")?);
    if let Some(part) = fragment(case)? {
        builder = builder.fragment(part);
    }
    let factor = age_factor(case)?;
    for block in case.list("extension_blocks")? {
        let block = Case(block);
        builder = builder.block(
            Block::new(content(&block, factor)?)
                .with_number(block.u64("number")?)
                .with_flags(BlockFlags(block.u64("flags")?))
                .with_crc(crc(&block, "crc_type")?),
        );
    }
    let payload = match status_report(case)? {
        Some(report) => AdminRecord::StatusReport(report).encode(),
        None => case.hex("payload")?,
    };
    builder.payload(payload).build().map_err(|error| format!("building: {error}"))
}

/// Every field by itself, so that a failure names the one that differs.
fn compare(case: &Case, bundle: &Bundle) -> Result<(), Failure> {
    compare_eid("source", case.str("source")?, bundle.source())?;
    compare_eid("destination", case.str("destination")?, bundle.destination())?;
    compare_eid("report_to", case.str("report_to")?, bundle.report_to())?;
    expect("flags", &case.u64("flags")?, &bundle.flags().0)?;
    expect("crc_type", &case.u64("crc_type")?, &bundle.primary().crc_type().code())?;
    expect("creation_time", &case.u64("creation_time")?, &bundle.timestamp().time.0)?;
    expect("sequence", &case.u64("sequence")?, &bundle.timestamp().sequence)?;
    expect("lifetime_ms", &u128::from(case.u64("lifetime_ms")?), &bundle.lifetime().as_millis())?;
    expect("fragment", &fragment(case)?, &bundle.fragment())?;
    let (blocks, factor) = (case.list("extension_blocks")?, age_factor(case)?);
    expect("extension blocks", &blocks.len(), &bundle.blocks().len())?;
    for (block, found) in blocks.iter().map(Case).zip(bundle.blocks()) {
        expect("block type", &block.u64("type")?, &found.block_type())?;
        expect("block number", &block.u64("number")?, &found.number())?;
        expect("block flags", &block.u64("flags")?, &found.flags().0)?;
        expect("block crc_type", &block.u64("crc_type")?, &found.crc_type().code())?;
        expect("block content", &content(&block, factor)?, found.content())?;
        if let BlockContent::PreviousNode(eid) = found.content() {
            compare_eid("previous_node", block.str("previous_node")?, eid)?;
        }
    }
    expect("payload_crc_type", &case.u64("payload_crc_type")?, &bundle.payload_block().crc_type().code())?;
    match status_report(case)? {
        Some(report) => {
            let found = AdminRecord::decode(bundle.payload()).map_err(|error| error.to_string())?;
            expect("status report", &AdminRecord::StatusReport(report), &found)
        }
        None => expect_octets("payload", &case.hex("payload")?, bundle.payload()),
    }
}

/// Equal as an endpoint, in its wire form, and in its text.
fn compare_eid(what: &str, text: &str, found: &Eid) -> Result<(), Failure> {
    let wanted = eid(text)?;
    expect(what, &wanted, found)?;
    expect(what, &wanted.elements(), &found.elements())?;
    // The node's own number has a sign of its own in text.
    let shown = found.to_string().replace("ipn:!.", "ipn:4294967295.");
    expect(what, &text.replace("ipn:!.", "ipn:4294967295."), &shown)
}

/// `ipn:0.x` may not be written, so `parse` does not take it; vectors hold it none the less.
fn eid(text: &str) -> Result<Eid, Failure> {
    if let Some(service) = text.strip_prefix("ipn:0.").filter(|rest| !rest.contains('.')) {
        let service = service.parse().map_err(|error| format!("{text}: {error}"))?;
        return Ok(Eid::ipn(NodeNumber(0), service));
    }
    text.parse().map_err(|error| format!("{text}: {error}"))
}

fn crc(case: &Case, key: &str) -> Result<CrcType, Failure> {
    let code = case.u64(key)?;
    CrcType::from_code(code).ok_or_else(|| format!("{key}: no CRC type {code}"))
}

fn fragment(case: &Case) -> Result<Option<Fragment>, Failure> {
    if !case.has("fragment_offset") {
        return Ok(None);
    }
    Ok(Some(Fragment { offset: case.u64("fragment_offset")?, total: case.u64("total_length")? }))
}

/// [`MICROS`] when the octets hold the age of the fields in microseconds, 1 otherwise.
fn age_factor(case: &Case) -> Result<u64, Failure> {
    let mut factor = 1;
    for block in case.list("extension_blocks")?.iter().map(Case).filter(|block| block.has("age_ms")) {
        let bundle =
            Bundle::decode_with(case.hex("hex")?.into(), &Rules::LENIENT).map_err(|e| e.to_string())?;
        let micros = Duration::from_millis(block.u64("age_ms")?.saturating_mul(MICROS));
        if !micros.is_zero() && bundle.age() == Some(micros) {
            factor = MICROS;
        }
    }
    Ok(factor)
}

const MICROS: u64 = 1_000;

fn content(block: &Case, age_factor: u64) -> Result<BlockContent, Failure> {
    Ok(match block.u64("type")? {
        block_type::PREVIOUS_NODE => BlockContent::PreviousNode(eid(block.str("previous_node")?)?),
        block_type::AGE => BlockContent::Age(block.u64("age_ms")?.saturating_mul(age_factor)),
        block_type::HOP_COUNT => {
            let limit = u8::try_from(block.u64("limit")?).map_err(|error| format!("limit: {error}"))?;
            BlockContent::HopCount(HopCount { limit, count: block.u64("count")? })
        }
        block_type => BlockContent::Octets { block_type, data: Bytes::from(block.hex("data")?) },
    })
}

fn status_report(case: &Case) -> Result<Option<StatusReport>, Failure> {
    if !case.has("status_report") {
        return Ok(None);
    }
    let report = Case(case.field("status_report")?);
    let status: Vec<Status> = report.list("status")?.iter().map(status).collect::<Result<_, _>>()?;
    let [received, forwarded, delivered, deleted] =
        <[Status; 4]>::try_from(status).map_err(|found| format!("{} statuses", found.len()))?;
    let [time, sequence] = pair(&report, "timestamp")?;
    let fragment = match report.has("fragment") {
        true => Some(pair(&report, "fragment").map(|[offset, len]| FragmentRange { offset, len })?),
        false => None,
    };
    Ok(Some(StatusReport {
        received,
        forwarded,
        delivered,
        deleted,
        reason: Reason(report.u64("reason")?),
        source: eid(report.str("source")?)?,
        timestamp: CreationTimestamp { time: DtnTime(time), sequence },
        fragment,
    }))
}

fn status(value: &Value) -> Result<Status, Failure> {
    let parts = value.as_array().map_or(&[][..], Vec::as_slice);
    match (parts.first().and_then(Value::as_bool), parts.get(1).map(Value::as_u64), parts.len()) {
        (Some(false), None, 1) => Ok(Status::No),
        (Some(true), None, 1) => Ok(Status::Yes),
        (Some(true), Some(Some(time)), 2) => Ok(Status::At(DtnTime(time))),
        _ => Err(format!("no status: {value}")),
    }
}

fn pair(case: &Case, key: &str) -> Result<[u64; 2], Failure> {
    match case.list(key)? {
        [a, b] => a.as_u64().zip(b.as_u64()).map(<[u64; 2]>::from),
        _ => None,
    }
    .ok_or_else(|| format!("{key} is not two numbers"))
}

/// Judges by what RFC 9171 asks. Both readers must agree on everything but the two rules that can be waived.
fn negative(case: &Case) -> Result<(), Failure> {
    let octets = Bytes::from(case.hex("hex")?);
    let (asked, what) = (case.str("rfc9171")?, case.str("what")?);
    let outcome = Bundle::decode_with(octets.clone(), &Rules::LENIENT);
    if Bundle::decode(octets.clone()).is_ok() && outcome.is_err() {
        return Err("the strict reader takes what the lenient one refuses".into());
    }
    let accepted = |also: fn(&Bundle) -> bool| match &outcome {
        Ok(bundle) if also(bundle) => expect_octets("encoded again", &octets, &bundle.encode()),
        Ok(_) => Err("read, but not as it should be".into()),
        Err(error) => Err(format!("{what}: refused: {error}")),
    };
    if asked.contains("if covered by a CRC") {
        return flipped(case, &octets, &outcome);
    }
    if asked.contains("ignore") {
        return accepted(has_unnamed_flag);
    }
    if asked.contains("hop count over the limit") {
        return accepted(|bundle| bundle.hop_count().is_some_and(|hops| hops.exceeded()));
    }
    if asked.contains("after the break") {
        // Refused as one bundle, read as one with something after it.
        let rest = Bundle::decode_prefix(octets, &Rules::LENIENT).map(|(_, rest)| !rest.is_empty());
        expect("decoded from the front", &Ok(true), &rest)?;
    }
    // Not the shortest integer, inner arrays of indefinite length, a tag in front, an unknown scheme: the text does
    // not say what to do. Encoding must be deterministic and the endpoint cannot be understood, so all are refused.
    expect_refusal(asked, outcome)
}

/// One bit was flipped: in a block with a CRC the change must be seen. Elsewhere the bundle may be read, and must
/// then be written as it was read.
fn flipped(case: &Case, octets: &Bytes, outcome: &Result<Bundle, BundleError>) -> Result<(), Failure> {
    let Ok(bundle) = outcome else { return Ok(()) };
    let what = case.str("what")?;
    let at: usize = what
        .rsplit(' ')
        .next()
        .and_then(|word| word.parse().ok())
        .ok_or_else(|| format!("{what}: does not say which octet"))?;
    expect_octets("encoded again", octets, &bundle.encode())?;
    // Blocks lie one after the other, so their lengths tell which one the octet is in.
    let len = |block: &Block| usize::try_from(block.encoded_len()).unwrap_or(usize::MAX);
    let mut end = 1;
    let primary = octets.len() - 2 - bundle.all_blocks().map(len).sum::<usize>();
    let lens = bundle.all_blocks().map(|block| (len(block), block.crc_type()));
    for (len, crc) in std::iter::once((primary, bundle.primary().crc_type())).chain(lens) {
        if (end..end + len).contains(&at) && crc != CrcType::None {
            return Err(format!("{what}: lies in a block with {crc:?} and was not seen"));
        }
        end += len;
    }
    Ok(())
}

fn has_unnamed_flag(bundle: &Bundle) -> bool {
    const NAMED: u64 = 0x7_4067;
    const BLOCK_NAMED: u64 = 0x17;
    bundle.flags().0 & !NAMED != 0 || bundle.all_blocks().any(|block| block.flags().0 & !BLOCK_NAMED != 0)
}
