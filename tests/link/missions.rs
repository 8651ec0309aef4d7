//! Mission files: what is written is read again, what is wrong is named.

use spacelink::coding::channel::{Coding, ReedSolomon, Slicing};
use spacelink::coding::convolutional::{Convolutional, Rate};
use spacelink::coding::randomizer::Randomizer;
use spacelink::frame::aos::{AosIssue, AosSettings, HeaderErrorControl};
use spacelink::frame::send::ChannelSettings;
use spacelink::frame::tm::TmSettings;
use spacelink::frame::uslp::{FrameLen, TruncatedLengths, UslpSettings};
use spacelink::frame::{AnySettings, Scid, Vcid};
use spacelink::link::downlink::{
    ChannelSecurity, CodingSettings, DownlinkError, DownlinkReceiver, DownlinkSender, DownlinkSettings,
    InputForm, InputSettings, PacketChannels,
};
use spacelink::packet::IdleKind;

fn vcid(value: u8) -> Vcid {
    Vcid::new(value).unwrap()
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
        mission: "Aloha".into(),
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
    for settings in full() {
        DownlinkReceiver::new(&settings).unwrap();
        let text = toml::to_string(&settings).unwrap();
        assert_eq!(toml::from_str::<DownlinkSettings>(&text).unwrap(), settings, "{text}");
        let text = serde_json::to_string(&settings).unwrap();
        assert_eq!(serde_json::from_str::<DownlinkSettings>(&text).unwrap(), settings, "{text}");
    }
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
    let variable = "frame = { protocol = \"uslp\", frame-len = { variable = { most = 900 } } }";
    assert_eq!(error(variable), "frame: no fixed length, which a stream of frames must have");

    let mut settings = DownlinkSettings::new(AnySettings::Tm(TmSettings::of_len(223)));
    assert_eq!(DownlinkSender::new(&settings).map(|_| ()), Err(DownlinkError::NoScid));
    settings.scid = Some(Scid(1));
    assert_eq!(
        DownlinkSender::new(&settings).map(|_| ()).unwrap_err().to_string(),
        "send: no virtual channel is set up"
    );
}
