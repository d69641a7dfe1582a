//! ical-feeds.md sections 1 and 5.

use bytes::Bytes;
use flate2::read::GzDecoder;
use http::HeaderMap;
use lintel_sandbox::{Answer, Arrival, Ask, FeedUsage, Feeds, INWARDS, Misbehaviour, Simulator, World, serve};
use std::{io::Read, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

const HOME: usize = 1;
const PATH: &str = "/channel/1.ics";

fn feeds() -> Arc<Feeds> {
    Arc::new(Feeds::new(Arc::new(World::sample(7, "2030-03-01".parse().unwrap(), 6))))
}

fn fetch(feeds: &Feeds, minute: i64, headers: &[(&'static str, &str)]) -> Answer {
    let now = "2030-03-01T12:00:00Z".parse::<jiff::Timestamp>().unwrap() + jiff::SignedDuration::from_mins(minute);
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.insert(*name, value.parse().unwrap());
    }
    feeds.handle(&Ask::new("GET", PATH, map, Bytes::new(), now).unwrap())
}

fn misbehaved(how: Misbehaviour) -> Answer {
    let feeds = feeds();
    feeds.misbehave("channel", HOME, how);
    fetch(&feeds, 0, &[])
}

/// Asks over a socket and reads to the end.
async fn over_a_socket(how: Misbehaviour) -> Vec<u8> {
    let feeds = feeds();
    feeds.misbehave("channel", HOME, how);
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let task = serve(listener, feeds);
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(format!("GET {PATH} HTTP/1.1\r\nconnection: close\r\n\r\n").as_bytes()).await.unwrap();
    let mut read = Vec::new();
    stream.read_to_end(&mut read).await.unwrap();
    task.abort();
    read
}

#[test]
fn a_known_calendar_is_not_sent_again_though_its_stamps_move() {
    let feeds = feeds();
    let first = fetch(&feeds, 0, &[]);
    assert_ne!(fetch(&feeds, 1, &[]).body, first.body, "DTSTAMP is the moment of the fetch");
    let etag = first.headers["etag"].to_str().unwrap();
    let modified = first.headers["last-modified"].to_str().unwrap();
    for (headers, status) in [
        (vec![("if-none-match", etag)], 304),
        (vec![("if-none-match", "\"other\"")], 200),
        (vec![("if-modified-since", modified)], 304),
        (vec![("if-modified-since", "Thu, 28 Feb 2030 23:59:59 GMT")], 200),
        (vec![("if-modified-since", modified), ("if-none-match", "\"other\"")], 200),
    ] {
        let answer = fetch(&feeds, 2, &headers);
        assert_eq!((answer.status.as_u16(), answer.body.is_empty()), (status, status == 304), "{headers:?}");
        assert_eq!(answer.headers["etag"], etag);
    }
    assert_eq!(feeds.usage(), FeedUsage { asked: 7, not_modified: 2, misbehaved: 0 });
}

#[test]
fn one_feed_misbehaves_until_it_is_told_otherwise() {
    let feeds = feeds();
    let etag = fetch(&feeds, 0, &[]).headers["etag"].clone();
    feeds.misbehave("channel", HOME, Misbehaviour::ServerError);
    assert_eq!(fetch(&feeds, 1, &[("if-none-match", etag.to_str().unwrap())]).status, 500);
    let other = Ask::new("GET", "/channel/2.ics", HeaderMap::new(), Bytes::new(), jiff::Timestamp::UNIX_EPOCH);
    assert_eq!(feeds.handle(&other.unwrap()).status, 200);
    feeds.behave("channel", HOME);
    assert_eq!(fetch(&feeds, 2, &[]).status, 200);
    assert_eq!(feeds.usage().misbehaved, 1);
}

#[test]
fn redirects_pages_and_refusals() {
    for inwards in INWARDS {
        let answer = misbehaved(Misbehaviour::Redirect { to: inwards.to_owned() });
        assert_eq!((answer.status.as_u16(), answer.headers["location"].to_str().unwrap()), (302, inwards));
    }
    let page = misbehaved(Misbehaviour::HtmlPage);
    assert_eq!((page.status.as_u16(), page.headers["content-type"].to_str().unwrap()), (200, "text/html"));
    let limited = misbehaved(Misbehaviour::TooManyRequests { seconds: 90 });
    assert_eq!((limited.status.as_u16(), limited.headers["retry-after"].to_str().unwrap()), (429, "90"));
}

#[test]
fn a_gzip_bomb_is_small_and_unpacks_to_more_than_twenty_megabytes() {
    let bomb = misbehaved(Misbehaviour::GzipBomb);
    assert_eq!(bomb.headers["content-encoding"], "gzip");
    assert!(bomb.body.len() < 1 << 20, "{} bytes", bomb.body.len());
    let unpacked = std::io::copy(&mut GzDecoder::new(bomb.body.as_ref()).by_ref(), &mut std::io::sink()).unwrap();
    assert!(unpacked > 20 << 20, "{unpacked} bytes");
}

#[tokio::test]
async fn an_endless_body_announces_no_length_and_passes_twenty_megabytes() {
    let read = over_a_socket(Misbehaviour::EndlessBody).await;
    let end = read.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let (head, body) = (String::from_utf8_lossy(&read[..end]), &read[end + 4..]);
    assert!(!head.contains("content-length") && body.len() > 20 << 20, "{head}, {} bytes", body.len());
    assert!(body.starts_with(b"BEGIN:VCALENDAR"));
}

#[tokio::test]
async fn a_truncated_body_stops_short_and_a_dripping_one_takes_its_time() {
    let text = String::from_utf8(over_a_socket(Misbehaviour::Truncated).await).unwrap();
    assert!(text.contains("BEGIN:VCALENDAR") && !text.contains("END:VCALENDAR"));
    let pause = Duration::from_millis(20);
    assert_eq!(misbehaved(Misbehaviour::SlowDrip { pause }).arrival, Arrival::Slow(pause));
    let began = std::time::Instant::now();
    let text = String::from_utf8(over_a_socket(Misbehaviour::SlowDrip { pause }).await).unwrap();
    assert!(text.ends_with("END:VCALENDAR\r\n"));
    assert!(began.elapsed() > pause * 2, "{:?}", began.elapsed());
}
