package exactmodel

// History explores the packed history of one chunk: a try and finish write it,
// each once, from the sealed results, while a contact in it is deleted. Wanted
// once import and deletion are done: the entry is there if the contact is, and is
// not if the contact was erased. ifAbsent: a put does not replace; noted: finish
// takes out the contacts whose deletion was noted, before it closes.
func History(ifAbsent, noted bool) (states, violations int) {
	// entry: 0 none, 1 there, 2 written without the contact; try 0 to 2; finish 0
	// to 3 (closed); deletion: 0 no, 1 contact gone and noted, 2 history rewritten.
	type state struct{ entry, try, finish, deletion int }
	put := func(entry int) int {
		if ifAbsent && entry != 0 {
			return entry
		}
		return 1
	}
	seen := map[state]bool{{}: true}
	for todo := []state{{}}; len(todo) > 0; {
		s := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		var follow []state
		add := func(n state) { follow = append(follow, n) }
		switch n := s; s.try {
		case 0:
			n.try = 1
			add(n)
		case 1:
			n.try, n.entry = 2, put(s.entry)
			add(n)
		}
		switch n := s; s.finish {
		case 0:
			n.finish = 1
			add(n)
		case 1:
			n.finish, n.entry = 2, put(s.entry)
			add(n)
		case 2:
			n.finish = 3
			if noted && s.deletion > 0 && s.entry != 0 {
				n.entry = 2
			}
			add(n)
		}
		switch n := s; s.deletion {
		case 0:
			n.deletion = 1
			add(n)
		case 1:
			n.deletion = 2
			if s.entry != 0 {
				n.entry = 2
			}
			add(n)
		}
		for _, n := range follow {
			if !seen[n] {
				seen[n] = true
				todo = append(todo, n)
			}
		}
		if s.finish == 3 && (s.deletion == 2 && s.entry == 1 || s.deletion == 0 && s.entry != 1) {
			violations++
		}
	}
	return len(seen), violations
}

// Slots explores how two copies of one import's plan and one of another's take
// slots while the first import is closed at any moment and the reconciler frees
// what ended imports hold. Wanted: an import that is open and has an order holds
// that slot alone; orders are unique; in the end no ended import holds a slot.
// careless: a copy of plan that finds the import with an order gives its own slot
// back without comparing.
func Slots(k int, careless bool) (states, violations int) {
	type held struct{ imp, order int8 } // order 0: free
	type table struct {
		n     int8
		slots [2]held
	}
	type imp struct {
		order, slot int8
		final       bool
	}
	type plan struct {
		imp, pc     int8
		saw         table
		order, slot int8
	}
	type state struct {
		table     table
		imps      [2]imp
		plans     [3]plan
		finish    int8
		freeing   bool
		freeAt    int8
		freeWhose held
	}
	start := state{plans: [3]plan{{imp: 0}, {imp: 0}, {imp: 1}}}
	seen := map[state]bool{start: true}
	for todo := []state{start}; len(todo) > 0; {
		s := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		var follow []state
		add := func(n state) { follow = append(follow, n) }
		for q, p := range s.plans {
			n := s
			m := &n.plans[q]
			switch p.pc {
			case 0:
				m.pc, m.saw = 1, s.table
				add(n)
			case 1:
				mine, free := -1, -1
				for at := k - 1; at >= 0; at-- {
					switch h := p.saw.slots[at]; {
					case h.order == 0:
						free = at
					case h.imp == p.imp:
						mine = at
					}
				}
				switch {
				case mine >= 0:
					*m = plan{imp: p.imp, pc: 2, order: p.saw.slots[mine].order, slot: int8(mine)}
					add(n)
				case free >= 0 && s.table.n == p.saw.n && s.table.slots[free].order == 0:
					n.table.n++
					n.table.slots[free] = held{p.imp, n.table.n}
					*m = plan{imp: p.imp, pc: 2, order: n.table.n, slot: int8(free)}
					add(n)
				case s.table.n < 4: // raced, or all taken: again
					*m = plan{imp: p.imp}
					add(n)
				}
			case 2:
				is := s.imps[p.imp]
				switch {
				case is.order == 0 && !is.final:
					n.imps[p.imp] = imp{order: p.order, slot: p.slot}
					*m = plan{imp: p.imp, pc: 4}
				case is.order == p.order && !careless:
					*m = plan{imp: p.imp, pc: 4}
				default:
					m.pc = 3
				}
				add(n)
			case 3: // gives back what is still its own
				if n.table.slots[p.slot] == (held{p.imp, p.order}) {
					n.table.slots[p.slot] = held{}
				}
				*m = plan{imp: p.imp, pc: 4}
				add(n)
			}
		}
		switch n := s; s.finish {
		case 0:
			n.imps[0].final, n.finish = true, 1
			add(n)
		case 1:
			if is := s.imps[0]; is.order != 0 && s.table.slots[is.slot] == (held{0, is.order}) {
				n.table.slots[is.slot] = held{}
			}
			n.finish = 2
			add(n)
		}
		if s.freeing {
			n := s
			if n.table.slots[s.freeAt] == s.freeWhose {
				n.table.slots[s.freeAt] = held{}
			}
			n.freeing, n.freeAt, n.freeWhose = false, 0, held{}
			add(n)
		} else {
			for at := range k {
				if h := s.table.slots[at]; h.order != 0 && s.imps[h.imp].final {
					n := s
					n.freeing, n.freeAt, n.freeWhose = true, int8(at), h
					add(n)
				}
			}
		}
		for _, n := range follow {
			if !seen[n] {
				seen[n] = true
				todo = append(todo, n)
			}
		}
		for i, is := range s.imps {
			if is.order != 0 && !is.final && s.table.slots[is.slot] != (held{int8(i), is.order}) {
				violations++
			}
		}
		if s.imps[0].order != 0 && s.imps[0].order == s.imps[1].order {
			violations++
		}
		if len(follow) == 0 {
			for _, h := range s.table.slots {
				if h.order != 0 && s.imps[h.imp].final {
					violations++
				}
			}
		}
	}
	return len(seen), violations
}
