package plan

import (
	"cmp"
	"context"
	"hash/maphash"
	"slices"

	"rollbook/internal/domain"
	"rollbook/internal/domain/person"
	"rollbook/internal/importing/flow"
)

// address is an e-mail address that the contact of a row with a number has, or
// is given by the row.
type address struct {
	code   uint64 // as in repeats.emails
	number uint64 // as in repeats.lines
	line   int
	stays  string // the address itself, of a contact whose row gives no other
}

// address is the code that repeats.emails has of an address, 0 for none.
func (p *repeats) address(email domain.Value) uint64 {
	for _, key := range person.Key(map[domain.Field]domain.Value{domain.ContactEmail: email}) {
		return maphash.String(p.seed, key)
	}
	return 0
}

// namedTwice finds the contacts that some lines name by their number and others by
// their address alone. Those lines are about one contact, and which of them would
// come first nobody can say. Both seen are ordered by number.
//
// Only a file with lines of both kinds needs it, and only that is asked for what
// its contacts have.
func (s *Step) namedTwice(ctx context.Context, imp *domain.Import, p *repeats) ([]duplicate, error) {
	if len(p.emails.seen) == 0 || len(p.lines.seen) == 0 {
		return nil, nil
	}
	var hits []address
	hit := func(a address) {
		if _, ok := slices.BinarySearchFunc(p.emails.seen, a.code, func(s seen, code uint64) int { return cmp.Compare(s.number, code) }); ok {
			hits = append(hits, a)
		}
	}
	for _, g := range p.given {
		hit(address{code: g.hash, number: g.number, line: g.line})
	}
	for part := range slices.Chunk(p.lines.seen, sampleRows) {
		ask := make([]domain.ContactNumber, 0, len(part))
		for i, l := range part {
			if i == 0 || l.number != part[i-1].number {
				ask = append(ask, p.lines.number(l.number))
			}
		}
		found, err := s.Contacts.GetMany(ctx, imp.Institution, ask)
		if err != nil {
			return nil, err
		}
		for _, l := range part {
			if c, ok := found[p.lines.number(l.number)]; ok && c.Email() != "" {
				a := address{code: p.address(domain.Value(c.Email())), number: l.number, line: l.line, stays: c.Email()}
				if _, ok := slices.BinarySearchFunc(p.given, l.line, func(g seen, line int) int { return cmp.Compare(g.line, line) }); ok {
					a.stays = ""
				}
				hit(a)
			}
		}
	}
	several, err := s.several(ctx, imp, p, hits)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(hits, func(a, b address) int { return cmp.Or(cmp.Compare(a.code, b.code), cmp.Compare(a.line, b.line)) })
	hits = slices.CompactFunc(hits, func(a, b address) bool { return a.code == b.code && a.line == b.line })
	var out []duplicate
	for len(hits) > 0 {
		n := 1
		for n < len(hits) && hits[n].code == hits[0].code {
			n++
		}
		moves := func(a address) bool { return a.stays == "" }
		if !several[hits[0].code] || slices.ContainsFunc(hits[:n], moves) {
			out = append(out, p.group(hits[:n])...)
		}
		hits = hits[n:]
	}
	return joined(out), nil
}

// several tells which of the addresses that stay where they are more than one
// contact has. A line that names one of them names nobody, before the import and
// after it.
func (s *Step) several(ctx context.Context, imp *domain.Import, p *repeats, hits []address) (map[uint64]bool, error) {
	var emails []string
	for _, a := range hits {
		if a.stays != "" {
			emails = append(emails, a.stays)
		}
	}
	out := map[uint64]bool{}
	for part := range slices.Chunk(emails, sampleRows) {
		found, err := s.Contacts.ByEmail(ctx, imp.Institution, part)
		if err != nil {
			return nil, err
		}
		for email, ns := range found {
			if len(ns) > 1 {
				out[p.address(domain.Value(email))] = true
			}
		}
	}
	return out, nil
}

// joined makes one of what is said of a line in several groups: by the address
// that its contact has and by the one that it gives.
func joined(ds []duplicate) []duplicate {
	slices.SortStableFunc(ds, func(a, b duplicate) int { return cmp.Compare(a.line, b.line) })
	var out []duplicate
	for _, d := range ds {
		if len(out) == 0 || out[len(out)-1].line != d.line {
			out = append(out, d)
			continue
		}
		last := &out[len(out)-1]
		last.Others = slices.Concat(last.Others, d.Others)
		slices.Sort(last.Others)
		last.Others = slices.Compact(last.Others)
		last.Others = last.Others[:min(len(last.Others), named)]
	}
	return out
}

// group makes one group of the lines that have the address: those without a
// number, and those with, if it is one contact's alone.
func (p *repeats) group(hits []address) []duplicate {
	var with, without []int
	one := true
	for _, h := range hits {
		with = append(with, h.line)
		one = one && h.number == hits[0].number
	}
	first, _ := slices.BinarySearchFunc(p.emails.seen, hits[0].code, func(s seen, code uint64) int { return cmp.Compare(s.number, code) })
	for _, s := range p.emails.seen[first:] {
		if s.number != hits[0].code {
			break
		}
		without = append(without, s.line)
	}
	all := slices.Concat(with, without)
	slices.Sort(all)
	rejected := without
	if one {
		rejected = all
	}
	var out []duplicate
	for _, line := range rejected {
		d := duplicate{line: line, Duplicate: flow.Duplicate{Differ: true}}
		for _, other := range all[:min(len(all), named+1)] {
			if other != line && len(d.Others) < named {
				d.Others = append(d.Others, other)
			}
		}
		out = append(out, d)
	}
	return out
}
