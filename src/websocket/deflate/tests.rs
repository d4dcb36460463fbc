//! The codec against RFC 7692's examples, zlib in C, another inflater, itself, and hostile input.

use super::inflater::Inflater;
use super::*;
use alloc::vec;
use alloc::vec::Vec;
use bytes::BytesMut;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress, inflate_flags::TINFL_FLAG_HAS_MORE_INPUT};
use quickcheck::{Arbitrary, Gen, QuickCheck};

const NO_LIMIT: usize = usize::MAX;
const FORGET: Context = Context { takeover: false, window: WindowBits::MAX };

fn keep(bits: u8) -> Context {
    Context { takeover: true, window: WindowBits::new(bits).unwrap() }
}

fn inflater(context: Context) -> Inflater {
    Inflater::new(context, NO_LIMIT, Pool::default())
}

fn deflater(context: Context, level: u8) -> Deflater {
    Deflater::new(context, level, Pool::default())
}

/// A message's payload in pieces, and output in rooms.
fn inflate(inflater: &mut Inflater, payload: &[u8], piece: usize, room: usize) -> (Vec<u8>, Result<(), Fault>) {
    let mut message = Vec::new();
    let mut output = BytesMut::new();
    for mut piece in payload.chunks(piece) {
        loop {
            let progress = inflater.inflate(piece, &mut output, room);
            assert!(output.len() <= room);
            message.extend_from_slice(&output);
            output.clear();
            let progress = match progress {
                Ok(progress) => progress,
                Err(fault) => return (message, Err(fault)),
            };
            piece = &piece[progress.consumed..];
            if !progress.full {
                assert!(piece.is_empty());
                break;
            }
        }
    }
    (message, inflater.finish())
}

fn whole(inflater: &mut Inflater, payload: &[u8]) -> Result<Vec<u8>, Fault> {
    let (message, end) = inflate(inflater, payload, usize::MAX, NO_LIMIT);
    end.map(|()| message)
}

fn deflate(deflater: &mut Deflater, message: &[u8]) -> Vec<u8> {
    let mut payload = BytesMut::new();
    deflater.compress(message, &mut payload, Flush::Message);
    payload.to_vec()
}

/// Every way to cut it in two, byte by byte, and every small room.
fn cut(context: Context, payload: &[u8]) -> (Vec<u8>, Result<(), Fault>) {
    let once = inflate(&mut inflater(context), payload, usize::MAX, NO_LIMIT);
    for piece in 1..=payload.len() {
        assert_eq!(inflate(&mut inflater(context), payload, piece, NO_LIMIT), once, "pieces of {piece}");
    }
    for room in 1..8 {
        assert_eq!(inflate(&mut inflater(context), payload, usize::MAX, room), once, "room of {room}");
        assert_eq!(inflate(&mut inflater(context), payload, 1, room), once, "byte by byte, room of {room}");
    }
    once
}

fn hex(digits: &str) -> Vec<u8> {
    let digits: Vec<u32> = digits.chars().filter_map(|digit| digit.to_digit(16)).collect();
    digits.chunks(2).map(|pair| u8::try_from(pair[0] << 4 | pair[1]).unwrap()).collect()
}

/// RFC 7692 §7.2.3.
#[test]
fn examples_of_the_rfc() {
    let examples = [
        ("f248cdc9c90700", "Hello"),         // one block
        ("000500faff48656c6c6f00", "Hello"), // stored
        ("f348cdc9c9070000", "Hello"),       // BFINAL
        ("f248050000 00ffffcac9c90700", "Hello"),
        ("00", ""),
    ];
    for (payload, message) in examples {
        assert_eq!(cut(keep(15), &hex(payload)), (message.into(), Ok(())), "{payload}");
    }
    let (mut ours, mut peers) = (deflater(keep(15), 6), inflater(keep(15)));
    for payload in ["f248cdc9c90700", "f200110000", "00"] {
        let message = whole(&mut peers, &hex(payload)).unwrap();
        assert_eq!(deflate(&mut ours, &message), hex(payload));
    }
}

/// ```python
/// import zlib
/// c = zlib.compressobj(level, zlib.DEFLATED, -bits)
/// (c.compress(message) + c.flush(zlib.Z_SYNC_FLUSH))[:-4].hex()
/// ```
#[test]
fn payloads_of_zlib() {
    let squares: Vec<u8> = (0_u32..99).flat_map(|n| alloc::format!("{}", n * n).into_bytes()).collect();
    // Level 9, a dynamic block. Then with Z_FINISH and a 00 instead.
    let dynamic = "8fc915443108c35a62710cf4dfd868fe292f2cb288d4a5ebb575d6664664654ae9cb73d5abe7daeb523b154147ab57f7c6ec7\
        93c75b3d4f222ce104a197b99cfc97e16c58626561f6c136192c6ca25fdda15f575aae2aa43252c5e449977f82f753c9bb90686cd35ca8d\
        71c3eba9ec95fa7c4242e4aa9fa53db9a4c11dbd172810fa1a7f8a9cf6def04277ec7f34cd913492bbe4dd9be04878037c9e6f06dc556e4\
        66c2d346baddbe548fc687d1200f503";
    assert_eq!(cut(keep(9), &hex(&alloc::format!("1c{dynamic}"))), (squares.clone(), Ok(())));
    assert_eq!(cut(keep(9), &hex(&alloc::format!("1d{dynamic}00"))), (squares, Ok(())));
    // Level 0.
    assert_eq!(cut(keep(15), &hex("000600f9ff73746f72656400")), (b"stored".to_vec(), Ok(())));
    // Z_FULL_FLUSH in the middle.
    let twice = hex("cacf4b55c8876200000000ffffcacf4b55c887620000");
    assert_eq!(cut(FORGET, &twice), (b"one one one one one one ".to_vec(), Ok(())));
    // One compressor, level 6, 9 bits.
    let mut peer = inflater(keep(9));
    for (payload, message) in [
        (
            "aa56ca2f50b2522a2e4d2a4e2eca4c4a55d2514a2c4a2f56b28a562a294a4c492dd6730a71060a4239ae211e4ab1b50000",
            r#"{"op":"subscribe","args":["trades.BTC","trades.ETH"]}"#,
        ),
        ("aa26a829d8df075d1300", r#"{"op":"subscribe","args":["trades.SOL","trades.ETH"]}"#),
        ("00", ""),
    ] {
        peer.release();
        assert_eq!(whole(&mut peer, &hex(payload)).unwrap(), message.as_bytes());
    }
}

#[test]
fn where_a_message_may_end() {
    let cases = [
        ("", Ok("")),                                         // nothing, of which the tail would be no block
        ("f348cdc9c90700", Ok("Hello")),                      // BFINAL and nothing after it
        ("f348cdc9c90700f348cdc9c9070000", Ok("HelloHello")), // BFINAL twice
        ("0300030003000300", Ok("")),                         // four empty final blocks
        ("f248cdc9c907", Err(Fault::Truncated)), // not padded: the tail completes a block, but no empty one
        ("f248cd", Err(Fault::Truncated)),
        ("000500faff4865", Err(Fault::Truncated)), // the tail is taken for the end of a stored block
        ("000600f9ff4865", Err(Fault::Truncated)),
        ("000700f8ff4865", Err(Fault::Truncated)),
        ("0000", Err(Fault::Truncated)),
        ("000000", Err(Fault::Truncated)),
        ("f248cdc9c9070000", Err(Fault::Truncated)),
        ("07", Err(Fault::Invalid)),                       // BTYPE 11
        ("f248cdc9c9070007", Err(Fault::Truncated)),       // NLEN, of which half is the tail, is wrong
        ("f348cdc9c9070007", Err(Fault::Invalid)),         // and behind a final one
        ("000500fbff48656c6c6f00", Err(Fault::Invalid)),   // LEN and NLEN differ
        ("f200110000", Err(Fault::Invalid)),               // refers to a message that never was
        ("f348cdc9c90700f200110000", Err(Fault::Invalid)), // refers across BFINAL
    ];
    for (payload, expected) in cases {
        let (message, end) = cut(keep(15), &hex(payload));
        match expected {
            Ok(text) => assert_eq!((message, end), (text.into(), Ok(())), "{payload}"),
            Err(fault) => assert_eq!(end, Err(fault), "{payload}: {message:?}"),
        }
    }
}

#[test]
fn what_came_before_a_fault_is_given() {
    assert_eq!(cut(keep(15), &hex("f348cdc9c9070007")), (b"Hello".to_vec(), Err(Fault::Invalid)));
}

#[test]
fn without_takeover_the_last_message_is_forgotten() {
    let mut peer = inflater(FORGET);
    assert_eq!(whole(&mut peer, &hex("f248cdc9c90700")).unwrap(), b"Hello");
    assert_eq!(whole(&mut peer, &hex("f200110000")), Err(Fault::Invalid));
    let mut ours = deflater(FORGET, 1);
    assert_eq!(deflate(&mut ours, b"Hello"), deflate(&mut ours, b"Hello"));
}

#[test]
fn the_limit_is_exact() {
    for limit in [0, 1, 4, 5, 6] {
        for piece in 1..8 {
            for room in 1..8 {
                let mut peer = Inflater::new(FORGET, limit, Pool::default());
                let (message, end) = inflate(&mut peer, &hex("f248cdc9c90700"), piece, room);
                assert_eq!(message, b"Hello"[..limit.min(5)]);
                assert_eq!(end, if limit < 5 { Err(Fault::TooLong) } else { Ok(()) });
            }
        }
    }
}

/// 64 MiB of zeros in 64 KiB.
#[test]
fn a_bomb_costs_no_more_than_its_limit() {
    const LIMIT: usize = 1 << 20;
    let mut bomb = BytesMut::new();
    let mut attacker = deflater(FORGET, 9);
    for _ in 0..64 {
        attacker.compress(&vec![0; 1 << 20], &mut bomb, Flush::None);
    }
    attacker.compress(&[], &mut bomb, Flush::Message);
    assert!(bomb.len() < 1 << 17);

    let pool = Pool::default();
    let mut streamed = Inflater::new(FORGET, LIMIT, pool.clone());
    let mut result = Ok(());
    let cost = allocation_counter::measure(|| result = inflate_discarding(&mut streamed, &bomb));
    assert_eq!(result, Err(Fault::TooLong));
    assert!(cost.bytes_max < 47 * 1024 + 2 * 16 * 1024, "{cost:?}");

    let mut collected = Inflater::new(FORGET, LIMIT, pool);
    let mut output = BytesMut::new();
    let cost = allocation_counter::measure(|| result = collected.inflate(&bomb, &mut output, NO_LIMIT).map(drop));
    assert_eq!((result, output.len()), (Err(Fault::TooLong), LIMIT));
    assert!(output.capacity() <= LIMIT + 16 * 1024, "{}", output.capacity());
    // What it was moved from as it grew lived at the same time.
    assert!(cost.bytes_max < (LIMIT + LIMIT / 2 + 64 * 1024) as u64, "{cost:?}");
}

fn inflate_discarding(inflater: &mut Inflater, mut payload: &[u8]) -> Result<(), Fault> {
    let mut output = BytesMut::new();
    loop {
        output.clear();
        let progress = inflater.inflate(payload, &mut output, 16 * 1024)?;
        payload = &payload[progress.consumed..];
        if !progress.full {
            return inflater.finish();
        }
    }
}

/// Each state, and what is left of it while nothing comes.
#[test]
fn idle_connections_hold_no_state() {
    let pool = Pool::default();
    let cost = |f: &mut dyn FnMut()| allocation_counter::measure(f).bytes_current;
    let message = [b'x'; 1000];
    let mut payload = BytesMut::new();

    let mut ours = Deflater::new(keep(15), 1, Pool::default());
    let held = cost(&mut || ours.compress(&message, &mut payload, Flush::Message));
    assert!(held > 256 * 1024 && held < 280 * 1024, "{held}");
    let mut small = Deflater::new(keep(9), 1, Pool::default());
    let held = cost(&mut || deflate(&mut small, &message).clear());
    assert!(held > 140 * 1024 && held < 150 * 1024, "{held}");

    let mut peer = Inflater::new(keep(15), NO_LIMIT, pool.clone());
    let mut output = BytesMut::with_capacity(4096);
    let held = cost(&mut || {
        peer.inflate(&payload, &mut output, NO_LIMIT).unwrap();
        peer.finish().unwrap();
    });
    assert!(held > 46 * 1024 && held < 47 * 1024, "{held}");

    assert!(ours.holds_state() && peer.holds_state());
    let kept = cost(&mut || peer.release());
    ours.release();
    assert!(!ours.holds_state() && !peer.holds_state());
    assert_eq!(kept, 1000, "what was received");
    assert_eq!(pool.idle(), (1, 0));
    assert!(size_of::<Inflater>() <= 80 && size_of::<Deflater>() <= 48);

    // A peer that asked to be forgotten is, at once.
    let mut forgetful = Deflater::new(FORGET, 1, pool.clone());
    deflate(&mut forgetful, b"Hello");
    assert!(!forgetful.holds_state());
    assert_eq!(pool.idle(), (1, 1));
}

#[test]
fn messages_in_steady_state_allocate_nothing() {
    for context in [keep(15), FORGET] {
        let pool = Pool::default();
        let mut ours = Deflater::new(context, 1, pool.clone());
        let mut peer = Inflater::new(context, NO_LIMIT, pool);
        let (mut payload, mut output) = (BytesMut::with_capacity(4096), BytesMut::with_capacity(4096));
        let mut once = || {
            payload.clear();
            output.clear();
            ours.compress(&[b'x'; 1000], &mut payload, Flush::Message);
            peer.inflate(&payload, &mut output, NO_LIMIT).unwrap();
            peer.finish().unwrap();
            assert_eq!(output, [b'x'; 1000][..]);
        };
        once();
        assert_eq!(allocation_counter::measure(|| (0..100).for_each(|_| once())).count_total, 0);
    }
}

#[test]
fn a_pool_serves_what_was_negotiated() {
    let pool = Pool::new(1);
    for (bits, level) in [(15, 1), (9, 1), (9, 6), (15, 6), (15, 1)] {
        let context = Context { takeover: false, window: WindowBits::new(bits).unwrap() };
        let mut ours = Deflater::new(context, level, pool.clone());
        let message: Vec<u8> = far_repetition(1 << 14);
        let payload = deflate(&mut ours, &message);
        assert_eq!(strictly(&mut Strict::new(context.window), &payload), Some(message));
    }
    assert_eq!(pool.idle(), (0, 1));
}

/// Words, noise and repetitions, long enough to leave a window.
#[derive(Clone, Debug)]
struct Text(Vec<u8>);

impl Arbitrary for Text {
    fn arbitrary(g: &mut Gen) -> Self {
        let mut text = Vec::new();
        let long = u8::arbitrary(g) % 16 == 0;
        for _ in 0..usize::arbitrary(g) % if long { 200 } else { 12 } {
            match u8::arbitrary(g) % 4 {
                0 => text.extend(Vec::<u8>::arbitrary(g)),
                1 => text.extend_from_slice(br#"{"type":"trade","symbol":"BTCUSDT"}"#),
                2 => text.extend(core::iter::repeat_n(u8::arbitrary(g), usize::from(u8::arbitrary(g)) * 2)),
                _ if text.is_empty() => {}
                _ => {
                    let from = usize::arbitrary(g) % text.len();
                    let to = text.len().min(from + usize::from(u8::arbitrary(g)));
                    text.extend_from_within(from..to);
                }
            }
        }
        Self(text)
    }
}

fn far_repetition(distance: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut noise: Vec<u8> = core::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    })
    .take(distance)
    .collect();
    noise.extend_from_within(..);
    noise
}

/// Another inflater, whose window is a ring that has exactly the negotiated size.
struct Strict {
    state: DecompressorOxide,
    ring: Vec<u8>,
    at: usize,
}

impl Strict {
    fn new(window: WindowBits) -> Self {
        Self { state: DecompressorOxide::new(), ring: vec![0; window.size()], at: 0 }
    }
}

fn strictly(strict: &mut Strict, payload: &[u8]) -> Option<Vec<u8>> {
    let payload = [payload, &TAIL].concat();
    let mut input = &payload[..];
    let mut message = Vec::new();
    loop {
        let (status, read, written) =
            decompress(&mut strict.state, input, &mut strict.ring, strict.at, TINFL_FLAG_HAS_MORE_INPUT);
        message.extend_from_slice(&strict.ring[strict.at..strict.at + written]);
        input = &input[read..];
        strict.at = (strict.at + written) % strict.ring.len();
        match status {
            miniz_oxide::inflate::TINFLStatus::HasMoreOutput => {}
            miniz_oxide::inflate::TINFLStatus::NeedsMoreInput if input.is_empty() => return Some(message),
            _ => return None,
        }
    }
}

#[test]
fn distances_stay_in_the_window() {
    for bits in 9..=15 {
        let message = far_repetition(1 << bits).repeat(3);
        for level in 1..=9 {
            let window = WindowBits::new(bits).unwrap();
            let payload = deflate(&mut deflater(keep(bits), level), &message);
            assert_eq!(
                strictly(&mut Strict::new(window), &payload),
                Some(message.clone()),
                "{bits} bits, level {level}"
            );
        }
    }
}

#[test]
fn round_trips_however_they_are_cut() {
    #[expect(clippy::too_many_arguments)]
    fn law(
        texts: Vec<Text>,
        bits: u8,
        level: u8,
        takeover: bool,
        (piece, room): (u16, u16),
        (written, flushes): (u16, u8),
        releases: (u8, u8),
        shared: bool,
    ) -> bool {
        let window = WindowBits::new(9 + bits % 7).unwrap();
        let context = Context { takeover, window };
        let pool = Pool::new(2);
        let mut ours = Deflater::new(context, level % 11, pool.clone());
        let mut peer = Inflater::new(context, NO_LIMIT, if shared { pool } else { Pool::default() });
        let mut strict = Strict::new(window);
        texts.iter().take(5).enumerate().all(|(n, Text(text))| {
            let mut payload = BytesMut::new();
            for (m, part) in text.chunks(usize::from(written).max(16)).enumerate() {
                let flush = if flushes >> (m % 8) & 1 == 1 { Flush::Now } else { Flush::None };
                ours.compress(part, &mut payload, flush);
                if releases.0 >> ((n + m) % 8) & 1 == 1 {
                    ours.release();
                }
            }
            ours.compress(&[], &mut payload, Flush::Message);
            if releases.0 >> (n % 8) & 1 == 1 {
                ours.release();
            }
            let got = inflate(&mut peer, &payload, usize::from(piece).max(1), usize::from(room).max(1));
            if releases.1 >> (n % 8) & 1 == 1 {
                peer.release();
            }
            if !takeover {
                strict = Strict::new(window);
            }
            got == (text.clone(), Ok(())) && strictly(&mut strict, &payload).as_ref() == Some(text)
        })
    }
    QuickCheck::new()
        .tests(1000)
        .quickcheck(law as fn(Vec<Text>, u8, u8, bool, (u16, u16), (u16, u8), (u8, u8), bool) -> bool);
}

/// Wherever a message is damaged or cut off: no panic, an end, and the same however it comes.
#[test]
fn damaged_payloads_mean_the_same_however_they_are_cut() {
    fn law(text: Text, level: u8, damage: Vec<(u16, u8)>, end: u16, (piece, room): (u8, u8)) -> bool {
        let mut payload = deflate(&mut deflater(FORGET, level), &text.0);
        for (at, with) in damage {
            let len = payload.len();
            payload[usize::from(at) % len] ^= with;
        }
        payload.truncate(payload.len().min(usize::from(end)));
        let limit = 1 << 16;
        let mut once = Inflater::new(FORGET, limit, Pool::default());
        let mut pieces = Inflater::new(FORGET, limit, Pool::default());
        inflate(&mut once, &payload, usize::MAX, NO_LIMIT)
            == inflate(&mut pieces, &payload, usize::from(piece).max(1), usize::from(room).max(1))
    }
    QuickCheck::new().tests(2000).quickcheck(law as fn(Text, u8, Vec<(u16, u8)>, u16, (u8, u8)) -> bool);
}

#[test]
fn garbage_means_the_same_however_it_is_cut() {
    fn law(garbage: Vec<u8>, room: u8) -> bool {
        let once = inflate(&mut inflater(FORGET), &garbage, usize::MAX, NO_LIMIT);
        once == inflate(&mut inflater(FORGET), &garbage, 1, usize::from(room).max(1))
    }
    QuickCheck::new().tests(5000).quickcheck(law as fn(Vec<u8>, u8) -> bool);
}

/// The history comes out of a state whatever its length is, and a state made from it goes on.
#[test]
fn a_released_history_is_complete() {
    for len in (0_usize..600).chain([4095, 4096, 4097, 32767, 32768, 32769, 70_000]) {
        let message = far_repetition(len.div_ceil(2));
        let message = &message[..len];
        for bits in [9, 12, 15] {
            let (mut ours, mut peer) = (deflater(keep(bits), 1), inflater(keep(bits)));
            assert_eq!(whole(&mut peer, &deflate(&mut ours, message)).unwrap(), message);
            peer.release();
            assert_eq!(peer.history()[..], message[len.saturating_sub(1 << bits)..]);
            let again = deflate(&mut ours, &message[len.saturating_sub(200)..]);
            assert_eq!(whole(&mut peer, &again).unwrap(), message[len.saturating_sub(200)..]);
        }
    }
}

/// What looks like the header of a block with its own codes would swallow more than what ends a message; and then, what
/// is kept of the window when the state is released would be something else.
#[test]
fn a_message_that_ends_in_the_header_of_a_block() {
    for message in ["d200100000", "f248cdc9c90714", "05", "ed01", "ecc001"] {
        let mut peer = Inflater::new(Context::default(), 1 << 20, Pool::default());
        let (_, end) = inflate(&mut peer, &hex(message), 100, 100);
        assert_eq!(end, Err(Fault::Truncated), "{message}");
    }
}

/// Whatever is taken for a message leaves the window such that it can be kept.
#[test]
fn what_was_taken_can_be_released() {
    const MESSAGES: [&str; 5] = ["f248cdc9c90700", "f200110000", "000500faff48656c6c6f00", "f348cdc9c9070000", "00"];
    fn law(damage: Vec<(u8, u16, u8)>) -> bool {
        let mut peer = Inflater::new(Context::default(), 1 << 20, Pool::default());
        for (which, at, bits) in damage {
            let mut message = hex(MESSAGES[usize::from(which) % MESSAGES.len()]);
            let at = usize::from(at) % message.len();
            message[at] ^= bits;
            let mut said = BytesMut::new();
            if peer.inflate(&message, &mut said, 1 << 20).is_err() || peer.finish().is_err() {
                break;
            }
            peer.release();
            // A final block begins a new window.
            if !peer.history().ends_with(&said) && !said.ends_with(peer.history()) {
                return false;
            }
        }
        true
    }
    QuickCheck::new().tests(20_000).quickcheck(law as fn(Vec<(u8, u16, u8)>) -> bool);
}
