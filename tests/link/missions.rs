//! Mission files: what is written is read again, what is wrong is named.

use bytes::Bytes;
use spacelink::coding::bch::Mode;
use spacelink::coding::channel::{Coding, ReedSolomon, Slicing};
use spacelink::coding::cltu::{CltuCode, CltuParameters, LdpcTail};
use spacelink::coding::convolutional::{Convolutional, Rate};
use spacelink::coding::randomizer::Randomizer;
use spacelink::cop::{Directive, FarmWindow, FopParameters, TimeoutType};
use spacelink::frame::aos::{AosIssue, AosSettings, HeaderErrorControl};
use spacelink::frame::receive::Service;
use spacelink::frame::scheduler::Share;
use spacelink::frame::send::ChannelSettings;
use spacelink::frame::tc::TcSettings;
use spacelink::frame::tm::TmSettings;
use spacelink::frame::uslp::{FrameLen, TruncatedLengths, UslpSettings};
use spacelink::frame::{AnySettings, MapId, Scid, Vcid};
use spacelink::link::MissionSettings;
use spacelink::link::downlink::{
    ChannelSecurity, CodingSettings, DownlinkError, DownlinkReceiver, DownlinkSender, DownlinkSettings,
    Found, InputForm, InputSettings, PacketChannels,
};
use spacelink::link::tc::{
    ClcwReader, ServiceType, TcChannelSettings, TcLinkSettings, TcMapSettings, TcReceiver, TcSender,
};
use spacelink::packet::IdleKind;
use spacelink::time::Instant;
use std::path::Path;
use std::time::Duration;

fn vcid(value: u8) -> Vcid {
    Vcid::new(value).unwrap()
}

fn map(value: u8) -> MapId {
    MapId::new(value).unwrap()
}

/// Settings with everything in them that differs from none.
fn full() -> Vec<DownlinkSettings> {
    let aos = AosSettings {
        issue: AosIssue::Four,
        header_error_control: HeaderErrorControl::Correct,
        insert_zone_len: 3,
        ocf: true,
        fecf: true,
        ..AosSettings::of_len(1115)
    };
    let concatenated = Coding::Concatenated {
        outer: ReedSolomon { error_correction: 16, interleaving_depth: 5 },
        inner: Convolutional { swapped: true, ..Convolutional::ccsds(Rate::R3_4) },
    };
    let mut first = DownlinkSettings {
        scid: Some(Scid(42)),
        input: InputSettings { form: InputForm::F32, positive_is_one: Some(true), scale: 32.5 },
        coding: CodingSettings::Channel {
            coding: concatenated,
            slicing: Some(Slicing::new(1000)),
            randomizer: Some(Randomizer::TmLegacy),
            any_convention: true,
        },
        send: vec![
            ChannelSettings::new(vcid(1)),
            ChannelSettings { idle: IdleKind::Space, ..ChannelSettings::new(vcid(2)) },
        ],
        ..DownlinkSettings::new(AnySettings::Aos(aos))
    };
    first.receive.packets = PacketChannels::Only(vec![vcid(0), vcid(7)]);
    first.receive.bitstream = vec![vcid(9)];
    first.receive.security = vec![ChannelSecurity { vcid: vcid(7), header: 6, trailer: 16 }];
    let tm =
        TmSettings { secondary_header_len: Some(4), ocf: Some(true), fecf: true, ..TmSettings::of_len(223) };
    let codeblocks = CodingSettings::Codeblocks {
        reed_solomon: ReedSolomon { error_correction: 16, interleaving_depth: 1 },
        accept_fill_errors: true,
        randomizer: None,
    };
    let second = DownlinkSettings { coding: codeblocks, ..DownlinkSettings::new(AnySettings::Tm(tm)) };
    let uslp = UslpSettings {
        insert_zone_len: 2,
        fecf: true,
        truncated: TruncatedLengths::NONE.with(vcid(5), 20).unwrap(),
        ..UslpSettings::new(FrameLen::Fixed(500))
    };
    let third = DownlinkSettings::new(AnySettings::Uslp(uslp));
    vec![first, second, third]
}

#[test]
fn what_is_written_is_read_again() {
    let uplinks = uplinks().into_iter().map(Some).chain([None]);
    for (downlink, uplink) in full().into_iter().zip(uplinks) {
        DownlinkReceiver::new(&downlink).unwrap();
        if let Some(uplink) = &uplink {
            TcSender::new(uplink).unwrap();
            TcReceiver::new(uplink).unwrap();
        }
        let mission = MissionSettings { mission: "Aloha".into(), downlink: Some(downlink), uplink };
        let text = toml::to_string(&mission).unwrap();
        assert_eq!(toml::from_str::<MissionSettings>(&text).unwrap(), mission, "{text}");
        let text = serde_json::to_string(&mission).unwrap();
        assert_eq!(serde_json::from_str::<MissionSettings>(&text).unwrap(), mission, "{text}");
    }
}

/// Uplinks with everything in them that differs from what is usual.
fn uplinks() -> [TcLinkSettings; 2] {
    let maps = vec![
        TcMapSettings { map: map(2), service: Service::Access },
        TcMapSettings { map: map(9), service: Service::Packets },
    ];
    let first = TcChannelSettings {
        maps,
        max_unit_len: 1_000,
        max_queued: 7,
        max_received: 8,
        share: Share { priority: 2, weight: 3, minimum: 100 },
        fop: FopParameters {
            window: 20,
            t1_initial: Duration::new(12, 345_678_901),
            transmission_limit: 3,
            timeout_type: TimeoutType::Suspend,
        },
        farm: FarmWindow::without_retransmission(40).unwrap(),
        ..TcChannelSettings::new(vcid(1))
    };
    let second = TcChannelSettings {
        segment_headers: false,
        service: Service::Access,
        ..TcChannelSettings::new(vcid(63))
    };
    let code = CltuCode::Ldpc128 { tail: LdpcTail::BeforeCor1 };
    let ldpc = TcLinkSettings {
        coding: CltuParameters { start_tolerance: 3, either_polarity: false, ..CltuParameters::new(code) },
        max_cltu_octets: 400,
        frame: TcSettings { max_frame_len: 300, fecf: false },
        ..TcLinkSettings::bch(Scid(1023), &[first, second])
    };
    let code = CltuCode::Bch { mode: Mode::Detect, randomized: false };
    [ldpc, TcLinkSettings::with_code(Scid(3), code, &[])]
}

const UPLINK: &str = r#"
    mission = "Both ways"

    [downlink]
    scid = 42
    frame = { protocol = "tm", frame-len = 64, ocf = true, fecf = true }
    send = [{ vcid = 0 }]

    [uplink]
    scid = 42
    frame = { max-frame-len = 256, fecf = true }
    coding.code.ldpc128.tail = "before-cor1"

    [[uplink.channel]]
    vcid = 3
    maps = [{ map = 9, service = "access" }]
    fop = { window = 10, t1-initial = 2.5, transmission-limit = 5 }
    farm = { window = 40 }

    [[uplink.channel]]
    vcid = 4
    segment-headers = false
    fop.t1-initial = 30
    share.priority = 1
"#;

#[test]
fn what_an_uplink_does_not_say_is_usual() {
    let read: MissionSettings = toml::from_str(UPLINK).unwrap();
    let first = TcChannelSettings {
        maps: vec![TcMapSettings { map: map(9), service: Service::Access }],
        fop: FopParameters {
            window: 10,
            t1_initial: Duration::from_millis(2_500),
            transmission_limit: 5,
            ..FopParameters::default()
        },
        farm: FarmWindow::new(40).unwrap(),
        ..TcChannelSettings::new(vcid(3))
    };
    let second = TcChannelSettings {
        segment_headers: false,
        fop: FopParameters { t1_initial: Duration::from_secs(30), ..FopParameters::default() },
        share: Share::of_priority(1),
        ..TcChannelSettings::new(vcid(4))
    };
    let code = CltuCode::Ldpc128 { tail: LdpcTail::BeforeCor1 };
    let uplink = TcLinkSettings {
        frame: TcSettings { max_frame_len: 256, fecf: true },
        ..TcLinkSettings::with_code(Scid(42), code, &[first, second])
    };
    assert_eq!(read.uplink, Some(uplink));
    // The book's tolerance goes with the code.
    assert_eq!(read.uplink.unwrap().coding.start_tolerance, 10);
}

/// All four ends are built from one file, and a command comes through and is confirmed in telemetry.
#[test]
fn a_mission_has_four_ends() {
    let mission: MissionSettings = toml::from_str(UPLINK).unwrap();
    let (down, up) = (mission.downlink.unwrap(), mission.uplink.unwrap());
    let (mut ground, mut listener) = (TcSender::new(&up).unwrap(), DownlinkReceiver::new(&down).unwrap());
    let (mut board, mut speaker) = (TcReceiver::new(&up).unwrap(), DownlinkSender::new(&down).unwrap());
    let now = Instant::ZERO;
    ground.directive(now, vcid(3), Directive::InitiateWithoutClcwCheck).unwrap();
    let packet = Bytes::from_static(&[0xE5, 5, 1, 2, 3]);
    let unit = ground.send(now, vcid(3), map(0), ServiceType::SequenceControlled, packet.clone()).unwrap();
    let mut cltu = vec![0; ground.max_cltu_len()];
    let sent = ground.poll_transmit(now, &mut cltu).unwrap();
    board.handle_octets(&cltu[..sent.len]);
    board.flush();
    assert_eq!(board.poll_event().and_then(|event| event.packet()), Some(packet));
    speaker.multiplexer_mut().set_ocf(board.clcw(vcid(3)).unwrap().to_octets()).unwrap();
    let mut octets = Vec::new();
    speaker.idle(&mut octets).unwrap();
    let mut clcws = ClcwReader::new(*listener.format(), Scid(42));
    listener.receive(&octets, |found| {
        if let Found::Frame { frame, .. } = found {
            ground.handle_clcw(now, clcws.handle_frame(frame).unwrap()).unwrap();
        }
    });
    assert!(std::iter::from_fn(|| ground.poll_event()).any(|event| event.confirms(unit)));
}

/// Each mistake in an uplink and words that its error must have.
#[test]
fn mistakes_of_an_uplink_are_named() {
    let head = "[uplink]\nscid = 3\nframe = { max-frame-len = 256 }\n";
    let link = format!("{head}coding.code = \"ldpc512\"\n");
    let channel = format!("{link}[[uplink.channel]]\nvcid = 1\n");
    for (text, words) in [
        ("scid = 3".to_owned(), "unknown field `scid`, expected one of `mission`, `downlink`, `uplink`"),
        (format!("{head}channel = []"), "missing field `coding`"),
        (link.clone(), "missing field `channel`"),
        (format!("{link}[[uplink.channel]]\nservice = \"access\""), "missing field `vcid`"),
        (format!("{head}coding.code = \"bch\"\nchannel = []"), "bch"),
        (format!("{head}coding.code.bch = {{ mode = \"correct\" }}"), "missing field `randomized`"),
        (format!("{head}coding.code.bch = {{ mode = \"repair\" }}"), "repair"),
        (format!("{head}coding.code.ldpc128.tail = \"old\""), "before-cor1"),
        (format!("{head}coding.code = \"ldpc512\"\ncoding.tolerance = 3"), "unknown field `tolerance`"),
        (format!("{channel}service = \"files\""), "files"),
        (
            format!("{channel}vcid = 64").replace("vcid = 1\n", ""),
            "virtual channel identifier 64 is above 63",
        ),
        (format!("{channel}maps = [{{ map = 64, service = \"access\" }}]"), "MAP identifier 64 is above 63"),
        (format!("{channel}fop = {{ t1 = 3 }}"), "unknown field `t1`"),
        (format!("{channel}fop = {{ t1-initial = -2 }}"), "-2 seconds"),
        (format!("{channel}fop = {{ timeout-type = \"resume\" }}"), "resume"),
        (
            format!("{channel}farm = {{ window = 5 }}"),
            "FARM-1 sliding window width 5 is not even and 2 to 254",
        ),
        (format!("{channel}farm = {{ window = 256 }}"), "256"),
    ] {
        let error = toml::from_str::<MissionSettings>(&text).expect_err(&text).to_string();
        assert!(error.contains(words), "{text}\n{error}");
    }
}

/// What does not go together in an uplink, and the whole text of its error: field, value, why.
#[test]
fn contradictions_of_an_uplink_are_named() {
    for (before, instead, text) in [
        ("scid = 3", "scid = 1024", "scid: 1024 is above 1023"),
        ("= 256", "= 1025", "frame: frame length 1025 is above 1024"),
        ("= 256", "= 5", "frame: frame length 5 leaves no data field beside 5 octets of other fields"),
        ("= 256", "= 6", "channel 1: segment-headers: frames of 6 octets hold no data beside one"),
        (
            "coding.code",
            "coding.start-tolerance = 32\ncoding.code",
            "coding: start-tolerance 32, 31 at most with a start sequence of 64 bits",
        ),
        ("scid", "max-cltu-octets = 256\nscid", ""),
        (
            "scid",
            "max-cltu-octets = 255\nscid",
            "max-cltu-octets: 255, less than the 256 of a frame of 256 with fill",
        ),
        ("scid", "max-cltu-octets = 9000000\nscid", "max-cltu-octets: 9000000 is above 1048576"),
        ("[[", "[[uplink.channel]]\nvcid = 1\n[[", "channel: 1 is set up twice"),
        ("vcid = 1", "vcid = 1\nmax-queued = 0", "channel 1: max-queued: 0, so that nothing gets through"),
        (
            "vcid = 1",
            "vcid = 1\nmax-received = 0",
            "channel 1: max-received: 0, so that nothing gets through",
        ),
        (
            "vcid = 1",
            "vcid = 1\nfop.window = 6",
            "channel 1: fop: window 6 is above 5, the part of the window of farm before V(R)",
        ),
        ("vcid = 1", "vcid = 1\nfop.window = 0", "channel 1: fop: FOP-1 sliding window width is 0"),
        ("vcid = 1", "vcid = 1\nfop.transmission-limit = 0", "channel 1: fop: FOP-1 transmission limit is 0"),
        ("vcid = 1", "vcid = 1\nfop.t1-initial = 0", "channel 1: fop: FOP-1 timer initial value is 0"),
        ("vcid = 1", "vcid = 1\nservice = \"bitstream\"", "channel 1: service: TC frames carry no bitstream"),
        (
            "vcid = 1",
            "vcid = 1\nsegment-headers = false\nmaps = [{ map = 2, service = \"access\" }]",
            "channel 1: maps: 2, but there are no segment headers to name it",
        ),
        (
            "vcid = 1",
            "vcid = 1\nmaps = [{ map = 2, service = \"access\" }, { map = 2, service = \"packets\" }]",
            "channel 1: maps: 2 is set up twice",
        ),
    ] {
        let right = "[uplink]\nscid = 3\nframe.max-frame-len = 256\ncoding.code = \"ldpc512\"\n\
                     [[uplink.channel]]\nvcid = 1\n";
        let wrong = right.replacen(before, instead, 1);
        let mission: MissionSettings =
            toml::from_str(&wrong).unwrap_or_else(|error| panic!("{wrong}\n{error}"));
        let uplink = mission.uplink.unwrap();
        let found = TcSender::new(&uplink).map(|_| ()).err();
        assert_eq!(TcReceiver::new(&uplink).map(|_| ()).err(), found);
        assert_eq!(found.map_or(String::new(), |error| error.to_string()), text, "{wrong}");
    }
}

/// The files that come with the examples describe links that go together.
#[test]
fn shipped_files_are_links() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/missions");
    let mut uplinks = 0;
    for file in std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()) {
        if file.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let text = std::fs::read_to_string(&file).unwrap();
        let mission: MissionSettings =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        DownlinkReceiver::new(&mission.downlink.unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        if let Some(uplink) = mission.uplink {
            TcSender::new(&uplink).unwrap();
            TcReceiver::new(&uplink).unwrap();
            uplinks += 1;
        }
    }
    assert!(uplinks > 0);
}

#[test]
fn what_is_not_said_is_usual() {
    let read: DownlinkSettings = toml::from_str("frame = { protocol = \"tm\", frame-len = 1115 }").unwrap();
    assert_eq!(read, DownlinkSettings::new(AnySettings::Tm(TmSettings::of_len(1115))));
    // At the punctured rates the book does not invert the symbols of G2.
    for (rate, inverted) in [("1/2", true), ("3/4", false)] {
        let read: Convolutional = toml::from_str(&format!("rate = \"{rate}\"")).unwrap();
        assert!(read.is_ccsds());
        assert_eq!(read.g2_inverted, inverted);
    }
}

/// Each mistake and a word that its error must have.
#[test]
fn mistakes_are_named() {
    let frame = "[frame]\nprotocol = \"aos\"\nframe-len = 892\n";
    for (text, word) in [
        ("scid = 3".to_owned(), "missing field `frame`"),
        ("[frame]\nprotocol = \"aos\"".to_owned(), "frame-len"),
        ("[frame]\nprotocol = \"proximity\"\nframe-len = 9".to_owned(), "proximity"),
        (format!("{frame}feff = true"), "feff"),
        (format!("{frame}ocf = 4"), "expected a boolean"),
        (format!("{frame}issue = \"5\""), "732.0-B-5"),
        (format!("coding = \"none\"\n{frame}"), "none"),
        (format!("{frame}[receive]\npackets = \"some\""), "\\\"all\\\" or a list"),
        (format!("{frame}[receive]\npackets = [64]"), "virtual channel identifier 64 is above 63"),
        (format!("{frame}[input]\nform = \"i16\""), "i16"),
        (format!("{frame}[coding.channel]\nrandomizer = \"tm\""), "missing field `coding`"),
        (format!("{frame}[coding.channel]\ncoding = \"uncoded\"\nrandomiser = \"tm\""), "randomiser"),
        (format!("{frame}[coding.channel]\ncoding.convolutional = {{ rate = \"1/3\" }}"), "1/3"),
        (format!("{frame}[[send]]\nvcid = 1\nqueue = 3"), "queue"),
    ] {
        let error = toml::from_str::<DownlinkSettings>(&text).expect_err(&text).to_string();
        assert!(error.contains(word) || error.contains(&word.replace('\\', "")), "{text}\n{error}");
    }
}

#[test]
fn contradictions_are_named() {
    let error = |text: &str| {
        let settings: DownlinkSettings =
            toml::from_str(text).unwrap_or_else(|error| panic!("{text}\n{error}"));
        DownlinkReceiver::new(&settings).map(|_| ()).unwrap_err().to_string()
    };
    let frame = |len: usize| format!("[frame]\nprotocol = \"aos\"\nframe-len = {len}\n");
    assert_eq!(error(&frame(3000)), "frame: frame length 3000 is above 2048");
    assert_eq!(error(&frame(6)).split(" beside").next(), Some("frame: frame length 6 leaves no data field"));
    let deep = "[coding.channel]\ncoding.reed-solomon = { error-correction = 16, interleaving-depth = 6 }";
    assert!(
        error(&format!("{}{deep}", frame(892))).starts_with("coding: Reed-Solomon: interleaving depth 6")
    );
    let long = "[coding.channel]\ncoding.reed-solomon = { error-correction = 16, interleaving-depth = 1 }";
    assert!(error(&format!("{}{long}", frame(892))).starts_with("coding: "));
    assert_eq!(
        error(&format!("{}[input]\nform = \"i8\"", frame(892))),
        "input: I8 symbols, but the coding takes octets"
    );
    let variable = "frame = { protocol = \"uslp\", frame-len = { variable = { most = 900 } } }\n";
    assert_eq!(
        error(&format!("{variable}[coding.channel]\ncoding = \"uncoded\"")),
        "frame: no fixed length, which frames in a code must have"
    );

    let mut settings = DownlinkSettings::new(AnySettings::Tm(TmSettings::of_len(223)));
    assert_eq!(DownlinkSender::new(&settings).map(|_| ()), Err(DownlinkError::NoScid));
    settings.scid = Some(Scid(1));
    assert_eq!(
        DownlinkSender::new(&settings).map(|_| ()).unwrap_err().to_string(),
        "send: no virtual channel is set up"
    );
}
