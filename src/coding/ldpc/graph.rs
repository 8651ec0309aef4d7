//! Parity-check matrices as circulants: which variable each check looks at.

use super::code::{Code, Rate};
use super::tables::{C2, PHI, TC_128, TC_256, TC_512, THETA};

/// A circulant with one 1 in each row.
#[derive(Clone, Copy, Debug, Default)]
pub struct Edge {
    /// Block of variables, counted in circulants.
    pub column: u8,
    /// Row i has its 1 at column (i + shift) mod the circulant's size.
    pub shift: u16,
}

/// A parity-check matrix: rows of circulants, each with its edges from left to right.
#[derive(Clone, Debug)]
pub struct Graph {
    /// Size of a circulant.
    pub size: usize,
    /// Blocks of variables.
    pub columns: usize,
    /// Rows of circulants, with edges `ends[row - 1]..ends[row]`.
    ends: [u8; MAX_ROWS],
    rows: usize,
    edges: [Edge; MAX_EDGES],
    count: usize,
}

/// Three rows of four circulants.
const MAX_ROWS: usize = 12;
/// Rate 4/5: rows of weight 3, 18 and 18, each four circulants high.
const MAX_EDGES: usize = 4 * (3 + 18 + 18);

impl Graph {
    pub fn new(code: Code) -> Self {
        let size = code.circulant();
        let mut graph = Self {
            size,
            columns: 0,
            ends: [0; MAX_ROWS],
            rows: 0,
            edges: [Edge::default(); MAX_EDGES],
            count: 0,
        };
        match code {
            Code::Ar4ja(rate, _) => graph.ar4ja(rate),
            Code::C2 => graph.c2(),
            Code::Tc128 => graph.tc(&TC_128),
            Code::Tc256 => graph.tc(&TC_256),
            Code::Tc512 => graph.tc(&TC_512),
        }
        graph
    }

    /// The rows of circulants, top to bottom.
    pub fn rows(&self) -> impl Iterator<Item = &[Edge]> {
        (0..self.rows).map(|row| {
            let start = row.checked_sub(1).map_or(0, |above| usize::from(self.ends[above]));
            &self.edges[start..usize::from(self.ends[row])]
        })
    }

    /// The variable that `edge` leads to from check `row` of its row of circulants.
    #[inline(always)]
    pub fn variable(&self, edge: Edge, row: usize) -> usize {
        let at = row + usize::from(edge.shift);
        usize::from(edge.column) * self.size + if at < self.size { at } else { at - self.size }
    }

    /// All circulants.
    pub fn edges(&self) -> usize {
        self.count
    }

    /// Variables, those that are not sent included.
    pub fn variables(&self) -> usize {
        self.columns * self.size
    }

    fn edge(&mut self, column: usize, shift: u16) {
        // Columns number 44 at most.
        self.edges[self.count] = Edge { column: column as u8, shift };
        self.count += 1;
    }

    fn end_row(&mut self) {
        self.ends[self.rows] = self.count as u8;
        self.rows += 1;
    }

    /// Source: CCSDS 131.0-B-5 §7.4.2.
    fn ar4ja(&mut self, rate: Rate) {
        let (skipped, columns) = match rate {
            Rate::Half => (6, 5),
            Rate::TwoThirds => (4, 7),
            Rate::FourFifths => (0, 11),
        };
        self.columns = 4 * columns;
        for row in &AR4JA {
            for quarter in 0..4 {
                for (column, block) in row[skipped..].iter().enumerate() {
                    for &permutation in *block {
                        let (turned, shift) = self.permutation(permutation, quarter);
                        self.edge(4 * column + turned, shift);
                    }
                }
                self.end_row();
            }
        }
    }

    /// Where the rows of one quarter of a permutation have their ones: quarter and shift. Number 0 is the identity.
    fn permutation(&self, number: u8, quarter: usize) -> (usize, u16) {
        let Some(k) = usize::from(number).checked_sub(1) else { return (quarter, 0) };
        let submatrix = (4 * self.size / 128).trailing_zeros() as usize;
        ((usize::from(THETA[k]) + quarter) % 4, PHI[k][quarter][submatrix])
    }

    /// Source: CCSDS 131.0-B-5 annex C.
    fn c2(&mut self) {
        self.columns = C2.len();
        for row in 0..2 {
            for (column, block) in C2.iter().enumerate() {
                for &shift in &block[row] {
                    self.edge(column, shift);
                }
            }
            self.end_row();
        }
    }

    /// Source: CCSDS 231.0-B-4 §4.2.2.
    fn tc(&mut self, rows: &[[&[u16]; 8]; 4]) {
        self.columns = 8;
        for row in rows {
            for (column, block) in row.iter().enumerate() {
                for &shift in *block {
                    self.edge(column, shift);
                }
            }
            self.end_row();
        }
    }
}

/// The matrix of rate 4/5 by blocks, each a sum of permutations of which 0 is the identity. Lower rates leave out
/// columns on the left.
const AR4JA: [[&[u8]; 11]; 3] = [
    [&[], &[], &[], &[], &[], &[], &[], &[], &[0], &[], &[0, 1]],
    [&[21, 22, 23], &[0], &[15, 16, 17], &[0], &[9, 10, 11], &[0], &[0], &[0], &[], &[0], &[2, 3, 4]],
    [&[0], &[24, 25, 26], &[0], &[18, 19, 20], &[0], &[12, 13, 14], &[0], &[5, 6], &[], &[7, 8], &[0]],
];
