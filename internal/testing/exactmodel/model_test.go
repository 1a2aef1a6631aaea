package exactmodel_test

import (
	"flag"
	"testing"

	"rollbook/internal/testing/exactmodel"
)

var deep = flag.Bool("deep", false, "explore the larger worlds too, which takes minutes")

type (
	row    = exactmodel.Row
	file   = exactmodel.Import
	world  = exactmodel.World
	edited = exactmodel.Edit
)

var (
	a         = row{Field: 'f', Old: 0, New: 1}                            // f: 0 to 1
	second    = row{Contact: 1, Field: 'f', Old: 0, New: 1}                // the same on another contact
	other     = row{Contact: 1, Field: 'f', Old: 0, New: 1, Chunk: 1}      // and in another chunk
	overwrite = row{Field: 'f', Old: 0, New: 1, Overwrite: true}           //
	creates   = row{Field: 'f', Old: 0, New: 1, Create: true}              // with a number of its own
	nameless  = row{Contact: -1, Field: 'f', Old: 0, New: 1, Create: true} // under a number that it is given
	changesG  = row{Field: 'g', Old: 0, New: 1}                            // another field
	undoes    = row{Field: 'f', Old: 1, New: 0}                            // takes a's change back
	makesAlso = row{Field: 'f', Old: 0, New: 2, Create: true}              // the same contact, otherwise
)

const live, absent = 'L', 'A'

func worldOf(name string, w world) world {
	w.Name = name
	for i, st := range w.Items {
		if st == 0 {
			w.Items[i] = live
		}
	}
	if w.Slots == 0 {
		w.Slots = 2
	}
	if w.Attempts == 0 {
		w.Attempts = 2
	}
	for i := range w.Imports {
		if w.Imports[i].Finishes == 0 {
			w.Imports[i].Finishes = 1
		}
	}
	return w
}

// one is a file of rows in one chunk, with tries of it.
func one(tries int, rows ...row) file { return file{Rows: rows, Tries: make([]int, tries)} }

func twoFinishes(f file) file {
	f.Finishes = 2
	return f
}

func resumed(f file) file {
	f.Resumes = true
	return f
}

var (
	stopped    = worldOf("stopped by hand beside two tries, two contacts", world{Imports: []file{twoFinishes(one(2, a, second))}})
	calm       = worldOf("overlap, nothing stopped", world{Attempts: 1, Calm: true, Imports: []file{one(2, a), one(1, changesG)}})
	overlap    = worldOf("overlap on another field", world{Imports: []file{one(2, a), one(1, changesG)}})
	edit       = worldOf("overlap and an edit", world{Attempts: 1, Edit: &edited{F: 2}, Imports: []file{one(2, a), one(1, changesG)}})
	undo       = worldOf("undo beside its update or in its slot", world{Imports: []file{one(2, a), one(1, undoes)}})
	undoOne    = worldOf("undo, one slot only", world{Slots: 1, Imports: []file{one(2, a), one(1, undoes)}})
	again      = worldOf("another import of the same row", world{Imports: []file{one(2, a), one(1, a)}})
	back       = worldOf("conflict, edited back before late requests", world{F: [2]int8{2}, Edit: &edited{F: 0}, Imports: []file{twoFinishes(one(2, a))}})
	over       = worldOf("overwrite and an edit", world{Edit: &edited{F: 2}, Imports: []file{twoFinishes(one(2, overwrite))}})
	deleted    = worldOf("deletion", world{Delete: true, Imports: []file{twoFinishes(one(2, a))}})
	calmDelete = worldOf("deletion, nothing stopped", world{Delete: true, Attempts: 1, Calm: true, Imports: []file{one(2, a)}})
	all        = worldOf("deletion, edit and overlap", world{Delete: true, Edit: &edited{F: 2}, Attempts: 1, Imports: []file{one(2, a), one(1, changesG)}})
	loss       = worldOf("results lost, and an edit", world{Loss: true, Edit: &edited{F: 2}, Imports: []file{twoFinishes(one(2, a))}})
	unknown    = worldOf("no such contact, then a person makes it", world{Items: [2]byte{absent}, Edit: &edited{F: 0}, Imports: []file{twoFinishes(one(2, a))}})
	create     = worldOf("creation, by a person too, and a deletion", world{Items: [2]byte{absent}, Edit: &edited{F: 0}, Delete: true, Imports: []file{twoFinishes(one(2, creates))}})
	createBoth = worldOf("creation by two imports", world{Items: [2]byte{absent}, Imports: []file{one(2, creates), one(1, makesAlso)}})
	numbered   = worldOf("creation under a number that is given", world{Items: [2]byte{absent, absent}, Imports: []file{twoFinishes(one(2, nameless))}})
	twoChunks  = worldOf("two chunks, one of them lost", world{Loss: true, Imports: []file{{Rows: []row{a, other}, Tries: []int{0, 1, 0}}}, Attempts: 1})
	rounds     = worldOf("resumed: one account over both rounds", world{Imports: []file{one(2, a), resumed(one(1, a))}})
	roundsTwo  = worldOf("resumed, two rows, an edit", world{Attempts: 1, Edit: &edited{F: 2}, Imports: []file{one(1, a, second), resumed(one(1, a, second))}})
	roundsLate = worldOf("resumed in the same slot", world{Slots: 1, Imports: []file{one(2, a), resumed(one(1, a))}})
)

var worlds = []world{stopped, calm, overlap, edit, undo, undoOne, again, back, over, deleted, calmDelete, all, loss, unknown, create, createBoth,
	numbered, twoChunks, rounds, roundsTwo, roundsLate}

var larger = []world{
	worldOf("overlap, two finishes", world{Imports: []file{twoFinishes(one(2, a)), one(1, changesG)}}),
	worldOf("undo, one slot, two tries of each", world{Slots: 1, Imports: []file{one(2, a), one(2, undoes)}}),
	worldOf("the same row again, two tries of each", world{Attempts: 1, Imports: []file{one(2, a), one(2, a)}}),
	worldOf("three tries, two finishes, edited back", world{F: [2]int8{2}, Edit: &edited{F: 0}, Imports: []file{twoFinishes(one(3, a))}}),
	worldOf("overlap, edit, two attempts", world{Edit: &edited{F: 2}, Imports: []file{one(2, a), one(1, changesG)}}),
	worldOf("resumed, two tries of each, an edit", world{Attempts: 1, Edit: &edited{F: 0}, F: [2]int8{2}, Imports: []file{one(2, a), resumed(one(2, a))}}),
	worldOf("two chunks with two attempts", world{Imports: []file{{Rows: []row{a, other}, Tries: []int{0, 1}}}}),
}

// In no state that can be reached is a closed account untrue, and in none does an
// account stay open for ever.
func TestAccountsAreTrue(t *testing.T) {
	list := worlds
	if *deep {
		list = append(list, larger...)
	}
	states := 0
	for _, w := range list {
		t.Run(w.Name, func(t *testing.T) {
			found := exactmodel.Explore(w, exactmodel.Exact, 20_000_000)
			states += found.States
			t.Logf("%d states, %d with all accounts closed", found.States, found.Closed)
			if found.Violations > 0 {
				t.Errorf("%s, after:", found.Wrong)
				for _, step := range found.Trace {
					t.Log(step)
				}
			}
			if found.Stuck > 0 || !found.Whole || found.Closed == 0 {
				t.Errorf("%d states in which an account stays open, explored whole: %v", found.Stuck, found.Whole)
			}
		})
	}
	t.Logf("%d states in all", states)
}

// The model sees what it is for: with one mark a contact and no burning, accounts
// are untrue in each of these worlds.
func TestOneMarkIsNotEnough(t *testing.T) {
	for _, w := range worlds {
		t.Run(w.Name, func(t *testing.T) {
			if w.Name == rounds.Name || w.Name == roundsTwo.Name || w.Name == roundsLate.Name {
				w.Attempts = 2
			}
			if found := exactmodel.Explore(w, exactmodel.OneMark, 200_000); found.Violations == 0 {
				t.Errorf("no violation in %d states", found.States)
			}
		})
	}
}

// Each part of the protocol is needed.
func TestEachPartIsNeeded(t *testing.T) {
	without := func(leave func(*exactmodel.Protocol)) exactmodel.Protocol {
		p := exactmodel.Exact
		leave(&p)
		return p
	}
	single := back
	single.Imports = []file{{Rows: []row{a}, Tries: []int{0}, Finishes: 1}}
	early := loss
	early.Imports = []file{one(1, a), one(1, changesG)}
	early.Imports[0].Finishes, early.Imports[1].Finishes = 1, 1
	early.Attempts, early.Slots, early.Edit = 1, 1, nil
	for _, c := range []struct {
		name string
		p    exactmodel.Protocol
		w    world
	}{
		{"one mark for each slot", without(func(p *exactmodel.Protocol) { p.Slots = false }), calm},
		{"order of marks", without(func(p *exactmodel.Protocol) { p.Order = false }), undoOne},
		{"burning", without(func(p *exactmodel.Protocol) { p.Burn = false }), stopped},
		{"tries that register", without(func(p *exactmodel.Protocol) { p.Register = false }), back},
		{"attempts that are counted", without(func(p *exactmodel.Protocol) { p.Doubt = false }), single},
		{"edits under the last import", without(func(p *exactmodel.Protocol) { p.EditMark = false }), edit},
		{"deletions that keep marks", without(func(p *exactmodel.Protocol) { p.KeepMarks = false }), calmDelete},
		{"burning where nobody is", without(func(p *exactmodel.Protocol) { p.Hold = false }), unknown},
		{"closing a line's number", without(func(p *exactmodel.Protocol) { p.ClosePins = false }), numbered},
		{"a slot until the account is closed", without(func(p *exactmodel.Protocol) { p.EarlySlot = true }), early},
	} {
		t.Run(c.name, func(t *testing.T) {
			found := exactmodel.Explore(c.w, c.p, 500_000)
			if found.Violations == 0 {
				t.Errorf("nothing is untrue without it, in %d states", found.States)
			}
		})
	}
}

func TestHistory(t *testing.T) {
	for _, c := range []struct{ ifAbsent, noted, exact bool }{{false, false, false}, {true, false, false}, {false, true, false}, {true, true, true}} {
		if states, bad := exactmodel.History(c.ifAbsent, c.noted); (bad == 0) != c.exact || states < 20 {
			t.Errorf("put if absent %v, deletions noted %v: %d violations in %d states", c.ifAbsent, c.noted, bad, states)
		}
	}
}

func TestSlots(t *testing.T) {
	for _, k := range []int{1, 2} {
		if states, bad := exactmodel.Slots(k, false); bad > 0 || states < 100 {
			t.Errorf("%d slots: %d violations in %d states", k, bad, states)
		}
	}
	if _, bad := exactmodel.Slots(2, true); bad == 0 {
		t.Error("a slot given back without comparing does no harm")
	}
}
