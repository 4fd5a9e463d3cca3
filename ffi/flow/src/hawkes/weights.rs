//! Weights of many, drawn from in proportion: a binary tree of sums in one array.
//!
//! An alias table would draw in one step and take all of them to rebuild after every arrival; here both cost the depth of the
//! tree. Sums are made anew from below on the way up, so no rounding gathers however often a weight changes.

/// Non-negative weights, all 0 at first.
#[derive(Clone, Debug)]
pub struct Weights {
    /// Node `i` is the sum of nodes `2i` and `2i + 1`; the leaves are the second half.
    nodes: Vec<f64>,
}

impl Weights {
    pub fn new(count: usize) -> Self {
        Self { nodes: vec![0.0; count.next_power_of_two() * 2] }
    }

    pub fn total(&self) -> f64 {
        self.nodes[1]
    }

    pub fn get(&self, index: usize) -> f64 {
        self.nodes[self.leaves() + index]
    }

    pub fn add(&mut self, index: usize, weight: f64) {
        let mut node = self.leaves() + index;
        self.nodes[node] += weight;
        while node > 1 {
            node /= 2;
            self.nodes[node] = self.nodes[node * 2] + self.nodes[node * 2 + 1];
        }
    }

    /// The index at a share of the total, from 0 to below 1: each has as much of it as it weighs.
    pub fn at(&self, share: f64) -> usize {
        let (mut node, mut point) = (1, share * self.total());
        while node < self.leaves() {
            let (left, right) = (self.nodes[node * 2], self.nodes[node * 2 + 1]);
            node *= 2;
            // Rounding may leave the point at the very end: what weighs nothing is never drawn.
            if point >= left && right > 0.0 {
                point -= left;
                node += 1;
            }
        }
        node - self.leaves()
    }

    pub fn multiply(&mut self, by: f64) {
        self.nodes.iter_mut().for_each(|node| *node *= by);
    }

    fn leaves(&self) -> usize {
        self.nodes.len() / 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn drawing_and_adding_agree_with_a_list_that_is_searched_from_the_front() {
        let mut random = Random::new(5);
        for count in [1, 2, 3, 7, 64, 100] {
            let (mut tree, mut list) = (Weights::new(count), vec![0.0; count]);
            for _ in 0..500 {
                let index = random.below(count as u32) as usize;
                // Whole numbers: their sums are exact in any order.
                let weight = f64::from(random.below(5));
                tree.add(index, weight);
                list[index] += weight;
                let total: f64 = list.iter().sum();
                assert_eq!(tree.total(), total);
                assert_eq!(tree.get(index), list[index]);
                if total > 0.0 {
                    let share = random.unit();
                    let mut point = share * total;
                    let expected = list.iter().position(|weight| {
                        point -= weight;
                        point < 0.0
                    });
                    assert_eq!(Some(tree.at(share)), expected);
                }
            }
        }
    }

    #[test]
    fn what_weighs_nothing_is_never_drawn_not_even_at_the_very_end() {
        let mut tree = Weights::new(5);
        tree.add(3, 0.1);
        assert!([0.0, 0.5, 1.0].iter().all(|&share| tree.at(share) == 3));
    }
}
