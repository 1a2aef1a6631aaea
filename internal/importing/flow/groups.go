package flow

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"slices"

	"rollbook/internal/domain"
)

// GroupLines is how many lines of equal problems are told.
const GroupLines = 20

// mostGroups bounds the memory that grouping takes: problems that are unlike all of
// so many others are only in the list of problems.
const mostGroups = 200_000

// ProblemGroup is what equal problems of an import are told as: they differ in
// nothing but the row.
type ProblemGroup struct {
	domain.Problem        // the first one
	Group          string `json:"group"` // its name, by which ProblemFilter finds them
	Count          int    `json:"count"`
	Lines          []int  `json:"lines"` // the first GroupLines
}

// groupKey is what equal problems have in common.
type groupKey [12]byte

func (k groupKey) String() string { return base64.RawURLEncoding.EncodeToString(k[:]) }

// keyNamed returns the key of a group's name, false for what is none.
func keyNamed(name string) (k groupKey, ok bool) {
	if len(name) != base64.RawURLEncoding.EncodedLen(len(k)) {
		return k, false
	}
	_, err := base64.RawURLEncoding.Decode(k[:], []byte(name))
	return k, err == nil
}

// keyOf returns the key of a problem. asJSON is the problem, nil to make it.
func keyOf(p domain.Problem, asJSON []byte) groupKey {
	if asJSON == nil || p.Contact != "" || p.OtherLines != nil {
		p.Line, p.Contact, p.OtherLines = 0, "", nil
		var err error
		if asJSON, err = json.Marshal(p); err != nil {
			panic(err) // plain strings and numbers
		}
	}
	// The line is the first member.
	sum := sha256.Sum256(asJSON[bytes.IndexByte(asJSON, ','):])
	return groupKey(sum[:len(groupKey{})])
}

// groupOf names the group of a problem.
func groupOf(p domain.Problem) string { return keyOf(p, nil).String() }

// groupSet is a set of groups in which each has one of few bits: what it says not to
// have it has not.
type groupSet []byte

const groupSetBytes = 64

func (s groupSet) bit(key groupKey) (*byte, byte) {
	n := int(binary.BigEndian.Uint16(key[:])) % (8 * len(s))
	return &s[n/8], 1 << (n % 8)
}

func (s groupSet) add(key groupKey) {
	b, bit := s.bit(key)
	*b |= bit
}

// mayHave reports whether a group of the name may be in the set.
func (s groupSet) mayHave(name string) bool {
	key, ok := keyNamed(name)
	if !ok || len(s) == 0 {
		return ok
	}
	b, bit := s.bit(key)
	return *b&bit != 0
}

// A grouper finds equal problems.
type grouper struct {
	at   map[groupKey]int
	list []ProblemGroup
}

// add takes a problem in, with its JSON if that is known, and returns its group's key.
func (g *grouper) add(p domain.Problem, asJSON []byte) groupKey {
	key := keyOf(p, asJSON)
	i, there := g.at[key]
	switch {
	case there:
		of := &g.list[i]
		of.Count++
		if len(of.Lines) < GroupLines {
			of.Lines = append(of.Lines, p.Line)
		}
	case len(g.list) < mostGroups:
		if g.at == nil {
			g.at = map[groupKey]int{}
		}
		g.at[key] = len(g.list)
		g.list = append(g.list, ProblemGroup{Problem: p, Group: key.String(), Count: 1, Lines: []int{p.Line}})
	}
	return key
}

// sorted returns the groups, the most frequent first, equally frequent ones in the
// order of the file.
func (g *grouper) sorted() []ProblemGroup {
	slices.SortStableFunc(g.list, func(a, b ProblemGroup) int { return cmp.Compare(b.Count, a.Count) })
	return g.list
}

// ProblemGroups returns groups of equal problems that match, the most frequent
// first, in pages as Problems does.
func ProblemGroups(ctx context.Context, get Getter, in domain.InstitutionID, id string, f ProblemFilter, limit int, cursor string) ([]ProblemGroup, string, error) {
	var index []pageIndex
	there, err := getJSON(ctx, get, problemIndexKey(in, id, groupPages), &index)
	if err != nil {
		return nil, "", err
	}
	if !there {
		return groupedNow(ctx, get, in, id, f, limit, cursor)
	}
	return readPages(ctx, get, index, func(n int) string { return problemPageKey(in, id, groupPages, n) }, f, func(g ProblemGroup) bool { return f.match(g.Problem) }, limit, cursor)
}

// groupedNow groups the problems of an import that was finished before groups were
// stored.
func groupedNow(ctx context.Context, get Getter, in domain.InstitutionID, id string, f ProblemFilter, limit int, cursor string) ([]ProblemGroup, string, error) {
	_, skip, err := placeOf(cursor)
	if err != nil {
		return nil, "", err
	}
	var g grouper
	for from, ended := "", false; !ended; ended = from == "" {
		var ps []domain.Problem
		if ps, from, err = Problems(ctx, get, in, id, f, itemsPerPage, from); err != nil {
			return nil, "", err
		}
		for _, p := range ps {
			g.add(p, nil)
		}
	}
	all := g.sorted()
	skip = min(skip, len(all))
	end := min(skip+limit, len(all))
	if end == len(all) {
		return all[skip:], "", nil
	}
	return all[skip:end], cursorAt(0, end), nil
}
