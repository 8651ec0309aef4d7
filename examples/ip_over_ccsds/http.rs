//! A web server on the satellite and a client on the ground, no more of HTTP than one GET needs.

use smoltcp::iface::SocketHandle;
use smoltcp::socket::tcp;
use smoltcp::wire::IpAddress;
use spacelink::time::Instant;

use crate::host::Host;
use crate::world::Program;

const PORT: u16 = 80;
const CLIENT_PORT: u16 = 49_152;
/// Octets under way at most: enough for a hundred milliseconds at 20 Mbit/s.
const WINDOW: usize = 256 << 10;

fn socket(host: &mut Host) -> SocketHandle {
    let buffer = || tcp::SocketBuffer::new(vec![0; WINDOW]);
    let mut socket = tcp::Socket::new(buffer(), buffer());
    socket.set_congestion_control(tcp::CongestionControl::None);
    host.sockets.add(socket)
}

/// Answers one GET of any path with its page.
pub struct Server {
    socket: SocketHandle,
    response: Vec<u8>,
    sent: usize,
    request: Vec<u8>,
}

impl Server {
    pub fn new(host: &mut Host, page: &[u8]) -> Self {
        let socket = socket(host);
        host.sockets.get_mut::<tcp::Socket>(socket).listen(PORT).expect("a fresh socket listens");
        let mut response = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            page.len()
        )
        .into_bytes();
        response.extend_from_slice(page);
        Self { socket, response, sent: 0, request: Vec::new() }
    }
}

impl Program for Server {
    type Outcome = ();

    fn poll(&mut self, _now: Instant, host: &mut Host) -> Option<()> {
        let socket = host.sockets.get_mut::<tcp::Socket>(self.socket);
        while socket.can_recv() {
            let request = &mut self.request;
            socket.recv(|octets| (octets.len(), request.extend_from_slice(octets))).ok()?;
        }
        if !self.request.starts_with(b"GET ") || !self.request.ends_with(b"\r\n\r\n") {
            return None;
        }
        self.sent += socket.send_slice(&self.response[self.sent..]).unwrap_or(0);
        if self.sent == self.response.len() {
            socket.close();
        }
        None
    }

    fn poll_timeout(&self) -> Option<Instant> {
        None
    }
}

/// Fetches one page.
pub struct Client {
    socket: SocketHandle,
    asked: bool,
    response: Vec<u8>,
}

impl Client {
    pub fn new(host: &mut Host, server: IpAddress) -> Self {
        let socket = socket(host);
        host.connect(socket, (server, PORT), CLIENT_PORT);
        Self { socket, asked: false, response: Vec::new() }
    }

    /// The page, once all of it is here.
    fn page(&self) -> Option<Vec<u8>> {
        let end = self.response.windows(4).position(|octets| octets == b"\r\n\r\n")?;
        let head = std::str::from_utf8(&self.response[..end]).ok()?;
        let len =
            head.lines().find_map(|line| line.strip_prefix("Content-Length: ")?.parse::<usize>().ok())?;
        let page = &self.response[end + 4..];
        (head.starts_with("HTTP/1.1 200 ") && page.len() == len).then(|| page.to_vec())
    }
}

impl Program for Client {
    type Outcome = Vec<u8>;

    fn poll(&mut self, _now: Instant, host: &mut Host) -> Option<Vec<u8>> {
        let socket = host.sockets.get_mut::<tcp::Socket>(self.socket);
        if !self.asked && socket.can_send() {
            socket.send_slice(b"GET / HTTP/1.1\r\nHost: satellite\r\nConnection: close\r\n\r\n").ok()?;
            self.asked = true;
        }
        while socket.can_recv() {
            let response = &mut self.response;
            socket.recv(|octets| (octets.len(), response.extend_from_slice(octets))).ok()?;
        }
        let page = self.page();
        if page.is_some() {
            socket.close();
        }
        page
    }

    fn poll_timeout(&self) -> Option<Instant> {
        None
    }
}
