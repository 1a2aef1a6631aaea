// Package exactmodel is an explicit-state model of the protocol that makes a
// closed account the truth. It explores every interleaving of a small world and,
// in each state, compares the closed accounts with what was really written, which
// the protocol itself cannot see:
//
//	a row reported as written was written exactly once by this import, with these values
//	a row reported otherwise was never written by this import
//
// The world has contacts, imports with chunks, tries of each chunk one after the
// other or at once, finishes, requests that are applied at any later moment or
// never, a person's edit, a deletion, a lost results object, numbers given to rows
// that have none, and an import that resumes another. A kill or a stop needs no
// step of its own: only safety is checked, and "this process never runs again" is
// among the interleavings. No clock is in it, since nothing waits for one.
//
// Left out: larger worlds, claims of addresses, the values after as computed from
// the row, and restores of tables.
package exactmodel

import (
	"fmt"
	"hash/maphash"
)

// Protocol says which parts of the protocol are there. The zero value is what
// the parts replace.
type Protocol struct {
	Slots     bool // one mark for each slot, not one in all
	Order     bool // a mark gives way to a later import only, else to any other
	Burn      bool // a row reported as not written is first decided so in its contact
	Register  bool // tries register before they write, results are sealed once
	Doubt     bool // an attempt without an answer is remembered
	EditMark  bool // edits are conditional on the last import as well as on the version
	KeepMarks bool // a deletion keeps who decided what
	Hold      bool // a row is burnt where no contact is, too
	ClosePins bool // a row without a number is burnt by closing its line first
	EarlySlot bool // a slot is free before the account is closed
}

// Exact is the whole protocol.
var Exact = Protocol{Slots: true, Order: true, Burn: true, Register: true, Doubt: true, EditMark: true, KeepMarks: true, Hold: true, ClosePins: true}

// OneMark is the protocol with one mark a contact and no burning.
var OneMark = Protocol{EditMark: true}

// Bounds of a world.
const (
	contacts = 2
	imports  = 2
	tries    = 3
	finishes = 2
	rows     = 2
	slots    = 2
)

// States of a contact.
const (
	live   = 'L'
	gone   = 'G' // deleted
	absent = 'A'
	held   = 'H' // nobody, but something is decided
)

// mark says what an import decided about a contact; order 0 is no mark.
type mark struct {
	order  int8
	burnt  bool
	before int8 // erased after a deletion
}

const erased = -1

type item struct {
	st            byte
	f, g, v, last int8
	marks         [slots]mark
}

// fate is what is reported of a row.
type fate struct {
	kind          byte // 0 for nothing yet
	before, after int8
}

// Kinds of fate.
const (
	written    = 'W'
	notWritten = 'N'
	skipped    = 'S' // an earlier round has it
)

var isNot = fate{kind: notWritten}

// Row is what an import does to a contact.
type Row struct {
	Contact   int // -1: a new contact under a number that the row is given
	Field     byte
	Old, New  int8
	Overwrite bool
	Create    bool
	Chunk     int
}

// Import is a file: its rows, and how many tries each of its chunks may have.
type Import struct {
	Rows     []Row
	Tries    []int // their chunks
	Finishes int
	Resumes  bool // the rows that the import before it did not write, once that is closed
}

// World is a small world to explore.
type World struct {
	Name     string
	Items    [contacts]byte // live or absent
	F        [contacts]int8 // field f at the beginning
	Slots    int
	Attempts int8
	Imports  []Import
	Edit     *Edit
	Delete   bool // of contact 0
	Loss     bool // of one results object
	Calm     bool // nothing is stopped by hand: finish runs when results are there
}

// Edit is a person's change of field f of contact 0.
type Edit struct{ F int8 }

type job struct {
	slot      int8 // -1 for none
	order     int8
	tried     [rows]int8 // by chunk
	sealed    [rows]bool
	lost      [rows]bool
	results   [rows]fate // by row, of sealed chunks
	closed    bool
	account   [rows]fate
	pins      [rows]int8 // the number of a row that has none of its own, from 1
	pinClosed [rows]bool
}

// Where a try stands.
const (
	notBegun = iota
	numbering
	pinning
	waiting
	ending
	over
)

type try struct {
	pc, row, seq, waits, number int8
	results                     [rows]fate
	doubt, burnt                [rows]bool
}

// Where a finish stands.
const (
	idle = iota
	settling
	sealing
	closing
	done
)

type finish struct {
	pc, chunk, row int8
	results        [rows]fate
}

type person struct {
	pc   int8 // 0 begins, 1 has read, 2 is done
	seen item
}

// net is the requests on their way: a bit each.
type net [4]uint64

type request struct{ imp, try, seq, row, cond int8 }

func (q request) bit() (int, uint64) {
	n := int(q.imp) | int(q.try)<<1 | int(q.seq-1)<<3 | int(q.row)<<4 | int(q.cond)<<5
	return n / 64, 1 << (n % 64)
}

func requestOf(n int) request {
	return request{int8(n & 1), int8(n >> 1 & 3), int8(n>>3&1) + 1, int8(n >> 4 & 1), int8(n >> 5)}
}

type state struct {
	items    [contacts]item
	net      net
	jobs     [imports]job
	tries    [imports][tries]try
	fins     [imports][finishes]finish
	edit     person
	deletion person
	lossDone bool
	numbers  int8 // given so far
	// What was really written, by import and row: how often, and the last values.
	times  [imports][rows]int8
	values [imports][rows]fate
}

// next is called with each state that may follow.
type next func(label string, args [3]int8, s *state, broken string)

type explorer struct {
	w World
	p Protocol
}

func (e *explorer) initial() state {
	var s state
	for c := range s.items {
		s.items[c] = item{st: e.w.Items[c], f: e.w.F[c]}
		if e.w.Items[c] == live {
			s.items[c].v = 1
		}
	}
	for i := range s.jobs {
		s.jobs[i] = job{slot: -1, order: int8(i + 1)}
	}
	s.jobs[0].slot = 0
	if !e.p.Slots {
		for i := range e.w.Imports {
			s.jobs[i].slot = 0
		}
	}
	return s
}

// may reports whether the import of the order may decide here: it has not yet,
// nor has a later one in its slot.
func (e *explorer) may(it *item, j *job) bool {
	m := it.marks[j.slot]
	if e.p.Order {
		return m.order < j.order
	}
	return m.order != j.order
}

func own(it *item, j *job) (mark, bool) {
	m := it.marks[j.slot]
	return m, m.order == j.order
}

func (it *item) value(field byte) int8 {
	if field == 'f' {
		return it.f
	}
	return it.g
}

func said(m mark, r *Row) fate {
	if m.burnt {
		return isNot
	}
	return fate{written, m.before, r.New}
}

// contact returns the contact of a row, -1 if it was given no number.
func (e *explorer) contact(s *state, imp, row int8) int {
	if c := e.w.Imports[imp].Rows[row].Contact; c >= 0 {
		return c
	}
	return int(s.jobs[imp].pins[row]) - 1
}

// burn decides that the import never writes the row, unless it is decided.
func (e *explorer) burn(s *state, imp, row int8) fate {
	j, r := &s.jobs[imp], &e.w.Imports[imp].Rows[row]
	if r.Contact < 0 && e.p.Burn && e.p.ClosePins {
		j.pinClosed[row] = true
	}
	c := e.contact(s, imp, row)
	if c < 0 {
		return isNot
	}
	it := &s.items[c]
	if m, ok := own(it, j); ok {
		return said(m, r)
	}
	if !e.p.Burn || !e.may(it, j) || it.st == gone {
		return isNot
	}
	if it.st == absent {
		if !e.p.Hold {
			return isNot
		}
		it.st = held
	}
	it.last, it.marks[j.slot] = j.order, mark{order: j.order, burnt: true}
	return isNot
}

func (e *explorer) steps(s *state, yield next) {
	for w, bits := range s.net {
		for b := 0; bits>>b != 0; b++ {
			if bits>>b&1 == 1 {
				e.applied(s, requestOf(w*64+b), yield)
			}
		}
	}
	for i := range e.w.Imports {
		imp := int8(i)
		j := &s.jobs[i]
		if j.slot < 0 {
			e.takeSlot(s, imp, yield)
			continue
		}
		for t := range e.w.Imports[i].Tries {
			e.tryStep(s, imp, int8(t), yield)
		}
		for f := range e.w.Imports[i].Finishes {
			e.finishStep(s, imp, int8(f), yield)
		}
		if e.w.Loss && !s.lossDone && !j.closed {
			for c := range j.sealed {
				if j.sealed[c] {
					n := *s
					n.lossDone, n.jobs[i].lost[c] = true, true
					yield("results of import %d, chunk %d are lost", [3]int8{imp, int8(c)}, &n, "")
				}
			}
		}
	}
	e.people(s, yield)
}

// takeSlot takes the lowest free slot. The first import has one from the beginning.
func (e *explorer) takeSlot(s *state, imp int8, yield next) {
	if e.w.Imports[imp].Resumes && !s.jobs[imp-1].closed {
		return
	}
	n := *s
	taken := [slots]bool{}
	for i := range e.w.Imports {
		j := &s.jobs[i]
		if j.slot >= 0 && !j.closed && !(e.p.EarlySlot && j.sealed[0]) {
			taken[j.slot] = true
		}
	}
	for k := range e.w.Slots {
		if taken[k] {
			continue
		}
		n.jobs[imp].slot = int8(k)
		if e.w.Imports[imp].Resumes {
			for r := range e.w.Imports[imp].Rows {
				if s.jobs[imp-1].account[r].kind == written {
					n.jobs[imp].results[r] = fate{kind: skipped}
				}
			}
		}
		yield("import %d takes slot %d", [3]int8{imp, int8(k)}, &n, "")
		return
	}
}

func (e *explorer) applied(s *state, q request, yield next) {
	r, j := &e.w.Imports[q.imp].Rows[q.row], &s.jobs[q.imp]
	c := e.contact(s, q.imp, q.row)
	it := s.items[c]
	ok := e.may(&it, j)
	if r.Create {
		ok = ok && (it.st == absent || it.st == held)
	} else {
		ok = ok && it.st == live && it.value(r.Field) == q.cond
	}
	n := *s
	w, bit := q.bit()
	n.net[w] &^= bit
	label := "a request of import %d, try %d, row %d is refused"
	if ok {
		label = "a request of import %d, try %d, row %d is applied"
		was := &n.items[c]
		was.last, was.st, was.marks[j.slot] = j.order, live, mark{order: j.order, before: q.cond}
		if r.Field == 'f' {
			was.f = r.New
		} else {
			was.g = r.New
		}
		if r.Create {
			was.v = 1
		}
		n.times[q.imp][q.row]++
		n.values[q.imp][q.row] = fate{written, q.cond, r.New}
	}
	if t := &s.tries[q.imp][q.try]; t.pc == waiting && t.row == q.row && t.seq == q.seq {
		e.answered(&n, q, ok, &it)
	}
	yield(label, [3]int8{q.imp, q.try, q.row}, &n, "")
}

// answered goes on after the answer to a request.
func (e *explorer) answered(n *state, q request, ok bool, it *item) {
	r, j := &e.w.Imports[q.imp].Rows[q.row], &n.jobs[q.imp]
	t := &n.tries[q.imp][q.try]
	if ok {
		e.nextRow(n, q.imp, q.try, fate{written, q.cond, r.New})
		return
	}
	if m, mine := own(it, j); mine {
		e.nextRow(n, q.imp, q.try, said(m, r))
		return
	}
	is := it.value(r.Field)
	if it.st != live || r.Create || is == r.New || is != r.Old && !r.Overwrite {
		e.nextRow(n, q.imp, q.try, isNot)
		return
	}
	if t.seq < e.w.Attempts && e.may(it, j) {
		e.send(n, q.imp, q.try, is)
	} else {
		t.pc = over // contended, or a later import holds the slot
	}
}

func (e *explorer) send(n *state, imp, try, cond int8) {
	t := &n.tries[imp][try]
	t.pc, t.waits = waiting, cond
	t.seq++
	w, bit := request{imp, try, t.seq, t.row, cond}.bit()
	n.net[w] |= bit
}

// mine reports whether a row is in the chunk and this import's to write.
func (e *explorer) mine(s *state, imp int8, chunk, row int) bool {
	return e.w.Imports[imp].Rows[row].Chunk == chunk && s.jobs[imp].results[row].kind != skipped
}

// begin goes to the first row of the try's chunk from the one given.
func (e *explorer) begin(n *state, imp, try int8, from int) {
	t := &n.tries[imp][try]
	t.seq, t.waits = 0, 0
	for r := from; r < len(e.w.Imports[imp].Rows); r++ {
		if !e.mine(n, imp, e.w.Imports[imp].Tries[try], r) {
			continue
		}
		t.row = int8(r)
		row := &e.w.Imports[imp].Rows[r]
		if row.Contact < 0 && n.jobs[imp].pins[r] == 0 {
			t.pc = numbering
			return
		}
		e.send(n, imp, try, row.Old)
		return
	}
	t.pc, t.row = ending, 0
}

func (e *explorer) nextRow(n *state, imp, try int8, f fate) {
	t := &n.tries[imp][try]
	t.results[t.row] = f
	e.begin(n, imp, try, int(t.row)+1)
}

func (e *explorer) tryStep(s *state, imp, try int8, yield next) {
	t, j := &s.tries[imp][try], &s.jobs[imp]
	chunk := e.w.Imports[imp].Tries[try]
	args := [3]int8{imp, try, t.row}
	switch t.pc {
	case notBegun:
		// Tries of a chunk begin in order, and not after its end.
		for earlier := range try {
			if e.w.Imports[imp].Tries[earlier] == chunk && s.tries[imp][earlier].pc == notBegun {
				return
			}
		}
		if e.p.Register && j.sealed[chunk] || !e.p.Register && j.closed {
			return
		}
		n := *s
		n.jobs[imp].tried[chunk]++
		e.begin(&n, imp, try, 0)
		yield("import %d, try %d begins", args, &n, "")
	case numbering:
		if s.numbers >= contacts {
			return
		}
		n := *s
		n.numbers++
		n.tries[imp][try].number, n.tries[imp][try].pc = n.numbers, pinning
		yield("import %d, try %d takes a number for row %d", args, &n, "")
	case pinning:
		n := *s
		k := &n.jobs[imp]
		switch {
		case k.pinClosed[t.row]:
			e.nextRow(&n, imp, try, isNot)
		case k.pins[t.row] == 0:
			k.pins[t.row] = t.number
			e.send(&n, imp, try, e.w.Imports[imp].Rows[t.row].Old)
		default:
			e.send(&n, imp, try, e.w.Imports[imp].Rows[t.row].Old)
		}
		yield("import %d, try %d pins the number of row %d", args, &n, "")
	case waiting:
		if t.seq < e.w.Attempts {
			n := *s
			n.tries[imp][try].doubt[t.row] = e.p.Doubt
			e.send(&n, imp, try, t.waits)
			yield("import %d, try %d has no answer for row %d, sends again", args, &n, "")
		}
	case ending:
		e.endTry(s, imp, try, chunk, yield)
	}
}

func (e *explorer) endTry(s *state, imp, try int8, chunk int, yield next) {
	t, j := &s.tries[imp][try], &s.jobs[imp]
	n := *s
	if e.p.Register && j.sealed[chunk] {
		n.tries[imp][try].pc = over
		yield("import %d, try %d finds its chunk sealed", [3]int8{imp, try}, &n, "")
		return
	}
	// Rows reported as not written are burnt if they are in doubt, or if there is
	// another try that may still write them.
	for r := range e.w.Imports[imp].Rows {
		doubtful := t.doubt[r] || e.p.Register && j.tried[chunk] > 1
		if e.p.Burn && t.results[r].kind == notWritten && !t.burnt[r] && doubtful {
			n.tries[imp][try].results[r] = e.burn(&n, imp, int8(r))
			n.tries[imp][try].burnt[r] = true
			yield("import %d, try %d burns row %d", [3]int8{imp, try, int8(r)}, &n, "")
			return
		}
	}
	e.seal(&n, imp, chunk, &t.results)
	n.tries[imp][try].pc = over
	yield("import %d, try %d seals its results", [3]int8{imp, try}, &n, "")
}

func (e *explorer) seal(n *state, imp int8, chunk int, results *[rows]fate) {
	j := &n.jobs[imp]
	j.sealed[chunk], j.lost[chunk] = true, false
	for r := range e.w.Imports[imp].Rows {
		if e.mine(n, imp, chunk, r) {
			j.results[r] = results[r]
		}
	}
}

// chunks is how many the import has.
func (e *explorer) chunks(imp int8) int {
	n := 0
	for _, r := range e.w.Imports[imp].Rows {
		n = max(n, r.Chunk+1)
	}
	return n
}

func (e *explorer) finishStep(s *state, imp, f int8, yield next) {
	fin, j := &s.fins[imp][f], &s.jobs[imp]
	chunk := int(fin.chunk)
	n := *s
	m := &n.fins[imp][f]
	args := [3]int8{imp, f, fin.chunk}
	switch fin.pc {
	case idle: // at the beginning of a chunk
		if j.closed || f > 0 && s.fins[imp][f-1] == (finish{}) || e.w.Calm && !j.sealed[chunk] {
			return
		}
		label := "import %d, finish %d settles chunk %d"
		switch {
		case j.sealed[chunk] && !j.lost[chunk]:
			label = "import %d, finish %d finds the results of chunk %d"
			e.afterChunk(m, imp)
		case e.p.Register && j.tried[chunk] == 0:
			label = "import %d, finish %d seals chunk %d, which never began"
			var all [rows]fate
			for r := range all {
				all[r] = isNot
			}
			e.seal(&n, imp, chunk, &all)
			e.afterChunk(m, imp)
		default:
			m.pc, m.row = settling, 0
		}
		yield(label, args, &n, "")
	case settling:
		for r := int(fin.row); r < len(e.w.Imports[imp].Rows); r++ {
			if e.mine(s, imp, chunk, r) {
				m.results[r] = e.burn(&n, imp, int8(r))
				m.row = int8(r + 1)
				yield("import %d, finish %d settles a row of chunk %d", args, &n, "")
				return
			}
		}
		m.pc = sealing
		yield("import %d, finish %d has settled chunk %d", args, &n, "")
	case sealing:
		if !j.sealed[chunk] || j.lost[chunk] || !e.p.Register {
			e.seal(&n, imp, chunk, &fin.results)
		}
		e.afterChunk(m, imp)
		yield("import %d, finish %d seals chunk %d", args, &n, "")
	case closing:
		if j.closed {
			return
		}
		for c := range j.lost {
			if j.lost[c] {
				m.pc, m.chunk, m.row = settling, int8(c), 0
				yield("import %d, finish %d misses an object", args, &n, "")
				return
			}
		}
		n.jobs[imp].closed, n.jobs[imp].account = true, j.results
		m.pc = done
		yield("import %d, finish %d closes the account", args, &n, "")
	}
}

func (e *explorer) afterChunk(m *finish, imp int8) {
	if int(m.chunk)+1 < e.chunks(imp) {
		m.pc, m.row = idle, 0
		m.chunk++
	} else {
		m.pc, m.chunk, m.row = closing, 0, 0
	}
}

func (e *explorer) people(s *state, yield next) {
	it := s.items[0]
	if e.w.Edit != nil {
		n := *s
		switch s.edit.pc {
		case 0:
			if it.st != gone {
				n.edit = person{1, it}
				yield("an edit reads", [3]int8{}, &n, "")
			}
		case 1:
			seen := s.edit.seen
			if it.st != seen.st || it.v != seen.v || e.p.EditMark && it.last != seen.last {
				n.edit = person{}
				yield("an edit finds the contact changed", [3]int8{}, &n, "")
				break
			}
			broken := ""
			if it != seen {
				broken = "an edit overwrote what it had not seen"
			}
			to := seen
			to.st, to.f, to.v = live, e.w.Edit.F, seen.v+1
			if seen.st == absent {
				to.v = 1
			}
			n.items[0], n.edit = to, person{pc: 2}
			yield("an edit writes", [3]int8{}, &n, broken)
		}
	}
	if e.w.Delete {
		n := *s
		switch s.deletion.pc {
		case 0:
			if it.st == live {
				n.deletion = person{1, it}
				yield("a deletion reads", [3]int8{}, &n, "")
			}
		case 1:
			seen := s.deletion.seen
			if it.st != seen.st || it.v != seen.v || it.last != seen.last {
				n.deletion = person{}
				yield("a deletion finds the contact changed", [3]int8{}, &n, "")
				break
			}
			left := item{st: gone, last: seen.last}
			if e.p.KeepMarks {
				left.marks = seen.marks
				for k := range left.marks {
					if m := &left.marks[k]; m.order != 0 && !m.burnt {
						m.before = erased
					}
				}
			}
			n.items[0], n.deletion = left, person{pc: 2}
			yield("a deletion", [3]int8{}, &n, "")
		}
	}
}

// untrue says what is wrong with a closed account, "" for nothing.
func (e *explorer) untrue(s *state) string {
	for i, im := range e.w.Imports {
		j := &s.jobs[i]
		if !j.closed {
			continue
		}
		for r := range im.Rows {
			f, times, was := j.account[r], s.times[i][r], s.values[i][r]
			if im.Resumes {
				// One account over both rounds.
				times += s.times[i-1][r]
				if f.kind == skipped {
					f, was = s.jobs[i-1].account[r], s.values[i-1][r]
				}
			}
			wrong := f.kind == notWritten && times > 0 ||
				f.kind == written && (times != 1 || f.after != was.after || f.before != was.before && f.before != erased) ||
				f.kind == 0 || f.before == erased && s.deletion.pc != 2
			if wrong {
				return fmt.Sprintf("import %d, row %d: reported %s, written %d times, %s", i, r, f, times, was)
			}
		}
	}
	return ""
}

func (f fate) String() string {
	if f.kind == written {
		return fmt.Sprintf("written from %d to %d", f.before, f.after)
	}
	return "not written"
}

// Found is what an exploration came to.
type Found struct {
	States     int
	Closed     int // with all accounts closed
	Violations int
	Stuck      int // where nothing more can happen and an account is open
	Whole      bool
	// Wrong is the first violation, after the steps of Trace.
	Wrong string
	Trace []string
}

// Explore visits every state that can be reached, each once, up to the limit. A
// state is known by its 64-bit hash: that two of two million are taken for one
// has a chance of one in ten million.
func Explore(w World, p Protocol, limit int) Found {
	e := &explorer{w, p}
	seed := maphash.MakeSeed()
	type step struct {
		from  uint64
		label string
		args  [3]int8
	}
	start := e.initial()
	seen := map[uint64]step{maphash.Comparable(seed, start): {}}
	frontier := []state{start}
	var out Found
	for len(frontier) > 0 {
		var later []state
		for i := range frontier {
			s := &frontier[i]
			from := maphash.Comparable(seed, *s)
			moves := 0
			e.steps(s, func(label string, args [3]int8, n *state, broken string) {
				moves++
				h := maphash.Comparable(seed, *n)
				if _, known := seen[h]; known {
					return
				}
				seen[h] = step{from, label, args}
				if broken == "" {
					broken = e.untrue(n)
				}
				if broken != "" {
					out.Violations++
					if out.Wrong == "" {
						out.Wrong = broken
						for at := h; seen[at].label != ""; at = seen[at].from {
							out.Trace = append([]string{sentence(seen[at].label, seen[at].args)}, out.Trace...)
						}
					}
					return // behind a violation nothing is explored
				}
				if e.allClosed(n) {
					out.Closed++
				}
				later = append(later, *n)
			})
			if moves == 0 && !e.allClosed(s) {
				out.Stuck++
			}
			if len(seen) > limit {
				out.States = len(seen)
				return out
			}
		}
		frontier = later
	}
	out.States, out.Whole = len(seen), true
	return out
}

func sentence(label string, args [3]int8) string {
	verbs := 0
	for i := range label {
		if label[i] == '%' {
			verbs++
		}
	}
	a := []any{args[0], args[1], args[2]}
	return fmt.Sprintf(label, a[:verbs]...)
}

func (e *explorer) allClosed(s *state) bool {
	for i := range e.w.Imports {
		if !s.jobs[i].closed {
			return false
		}
	}
	return true
}
