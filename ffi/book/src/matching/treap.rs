//! Ordered sets of handles whose links live beside the things they order: a treap without allocation or recursion.
//!
//! It keeps what is ordered but not dense: price levels far from the touch, triggers, expiries, acceptance order. A sorted
//! array would move memory for every insertion into a set of any size, a balanced tree needs a stored balance; here the
//! heap order comes from a fixed permutation of the handles, so a node is two links and nothing else. Expected depth is
//! logarithmic. Handle 0 is no node. Keys are unique.

/// The nodes of one kind of treap: where key and links of a handle are.
pub trait Nodes {
    type Key: Ord + Copy;
    fn key(&self, node: u32) -> Self::Key;
    /// 0 is the lower child, 1 the higher.
    fn child(&self, node: u32, which: usize) -> u32;
    fn set_child(&mut self, node: u32, which: usize, to: u32);
}

/// The heap order: an odd multiplier permutes the handles.
fn priority(node: u32) -> u32 {
    let spread = node.wrapping_mul(0x9E37_79B1);
    (spread ^ spread >> 15).wrapping_mul(0x85EB_CA6B)
}

/// A place where a child is written: below a node, or the root when the node is 0.
#[derive(Clone, Copy)]
struct Hook(u32, usize);

fn attach<N: Nodes>(nodes: &mut N, root: &mut u32, hook: Hook, node: u32) {
    if hook.0 == 0 {
        *root = node;
    } else {
        nodes.set_child(hook.0, hook.1, node);
    }
}

/// Adds `node`, whose key is not yet in the set.
pub fn insert<N: Nodes>(nodes: &mut N, root: &mut u32, node: u32) {
    let (key, rank) = (nodes.key(node), priority(node));
    let (mut hook, mut below) = (Hook(0, 0), *root);
    while below != 0 && priority(below) >= rank {
        let which = usize::from(nodes.key(below) < key);
        hook = Hook(below, which);
        below = nodes.child(below, which);
    }
    attach(nodes, root, hook, node);
    // What was below is split by key into the two subtrees of the new node.
    let mut ends = [Hook(node, 0), Hook(node, 1)];
    while below != 0 {
        let lower = nodes.key(below) < key;
        let end = &mut ends[usize::from(!lower)];
        nodes.set_child(end.0, end.1, below);
        *end = Hook(below, usize::from(lower));
        below = nodes.child(below, usize::from(lower));
    }
    for end in ends {
        nodes.set_child(end.0, end.1, 0);
    }
}

/// Takes `node`, which is in the set, out of it.
pub fn remove<N: Nodes>(nodes: &mut N, root: &mut u32, node: u32) {
    let key = nodes.key(node);
    let (mut hook, mut at) = (Hook(0, 0), *root);
    while at != node {
        let which = usize::from(nodes.key(at) < key);
        hook = Hook(at, which);
        at = nodes.child(at, which);
    }
    let (mut low, mut high) = (nodes.child(node, 0), nodes.child(node, 1));
    while low != 0 && high != 0 {
        if priority(low) >= priority(high) {
            attach(nodes, root, hook, low);
            hook = Hook(low, 1);
            low = nodes.child(low, 1);
        } else {
            attach(nodes, root, hook, high);
            hook = Hook(high, 0);
            high = nodes.child(high, 0);
        }
    }
    attach(nodes, root, hook, low | high);
}

/// The node with the lowest key, 0 when the set is empty.
pub fn first<N: Nodes>(nodes: &N, root: u32) -> u32 {
    end(nodes, root, 0)
}

/// The node with the highest key, 0 when the set is empty.
pub fn last<N: Nodes>(nodes: &N, root: u32) -> u32 {
    end(nodes, root, 1)
}

fn end<N: Nodes>(nodes: &N, root: u32, which: usize) -> u32 {
    let (mut found, mut at) = (0, root);
    while at != 0 {
        found = at;
        at = nodes.child(at, which);
    }
    found
}

/// The node with exactly this key, 0 when there is none.
pub fn find<N: Nodes>(nodes: &N, root: u32, key: N::Key) -> u32 {
    let mut at = root;
    while at != 0 {
        match nodes.key(at).cmp(&key) {
            core::cmp::Ordering::Equal => return at,
            order => at = nodes.child(at, usize::from(order.is_lt())),
        }
    }
    0
}

/// The node with the lowest key above this one, 0 when there is none.
pub fn above<N: Nodes>(nodes: &N, root: u32, key: N::Key) -> u32 {
    let (mut found, mut at) = (0, root);
    while at != 0 {
        if nodes.key(at) > key {
            found = at;
            at = nodes.child(at, 0);
        } else {
            at = nodes.child(at, 1);
        }
    }
    found
}

/// The node with the highest key below this one, 0 when there is none.
pub fn below<N: Nodes>(nodes: &N, root: u32, key: N::Key) -> u32 {
    let (mut found, mut at) = (0, root);
    while at != 0 {
        if nodes.key(at) < key {
            found = at;
            at = nodes.child(at, 1);
        } else {
            at = nodes.child(at, 0);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    struct Plain {
        keys: Vec<i64>,
        links: Vec<[u32; 2]>,
    }

    impl Nodes for Plain {
        type Key = i64;
        fn key(&self, node: u32) -> i64 {
            self.keys[node as usize]
        }
        fn child(&self, node: u32, which: usize) -> u32 {
            self.links[node as usize][which]
        }
        fn set_child(&mut self, node: u32, which: usize, to: u32) {
            self.links[node as usize][which] = to;
        }
    }

    fn depth(nodes: &Plain, root: u32) -> usize {
        if root == 0 { 0 } else { 1 + depth(nodes, nodes.child(root, 0)).max(depth(nodes, nodes.child(root, 1))) }
    }

    proptest! {
        #[test]
        fn a_treap_answers_like_a_sorted_map(steps in proptest::collection::vec((0i64..64, any::<bool>()), 1..300)) {
            let mut nodes = Plain { keys: vec![0; 400], links: vec![[0; 2]; 400] };
            let (mut root, mut naive, mut fresh) = (0, BTreeMap::new(), 1u32);
            for (key, add) in steps {
                match (add, naive.contains_key(&key)) {
                    (true, false) => {
                        nodes.keys[fresh as usize] = key;
                        insert(&mut nodes, &mut root, fresh);
                        naive.insert(key, fresh);
                        fresh += 1;
                    }
                    (false, true) => {
                        let node = naive.remove(&key).unwrap();
                        remove(&mut nodes, &mut root, node);
                    }
                    _ => {}
                }
                let at = |found: Option<(&i64, &u32)>| found.map_or(0, |(_, &node)| node);
                prop_assert_eq!(first(&nodes, root), at(naive.first_key_value()));
                prop_assert_eq!(last(&nodes, root), at(naive.last_key_value()));
                prop_assert_eq!(find(&nodes, root, key), naive.get(&key).copied().unwrap_or(0));
                prop_assert_eq!(above(&nodes, root, key), at(naive.range(key + 1..).next()));
                prop_assert_eq!(below(&nodes, root, key), at(naive.range(..key).next_back()));
            }
        }
    }

    #[test]
    fn rising_keys_do_not_make_a_treap_deep() {
        let count = 100_000;
        let mut nodes = Plain { keys: (0..=count).collect(), links: vec![[0; 2]; count as usize + 1] };
        let mut root = 0;
        for node in 1..=count as u32 {
            insert(&mut nodes, &mut root, node);
        }
        assert!(depth(&nodes, root) < 60, "depth {}", depth(&nodes, root));
    }
}
