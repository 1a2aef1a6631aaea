package dynamo

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"golang.org/x/sync/errgroup"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/text"
)

// Find looks up by exact number, exact e-mail (any case), or start of "last
// name first name" (any case, accents folded). What is found by a name comes in an
// order of its own, each page by name.
func (s *Contacts) Find(ctx context.Context, in domain.InstitutionID, q string, limit int, from string) ([]domain.Contact, string, error) {
	q = strings.TrimSpace(q)
	limit = pageSize(limit)
	switch {
	case q == "":
		return s.list(ctx, in, limit, from)
	case domain.ContactNumber(q).Valid():
		if _, err := after("number", from); err != nil {
			return nil, "", err
		}
		c, err := s.Get(ctx, in, domain.ContactNumber(q))
		switch {
		case fault.KindOf(err) == fault.NotFound && err != nil || from != "":
			return nil, "", nil
		case err != nil:
			return nil, "", err
		}
		return []domain.Contact{c}, "", nil
	}
	sec, err := s.secrets.get(ctx, in)
	if err != nil {
		return nil, "", err
	}
	if strings.Contains(q, "@") {
		email := text.NormaliseEmail(q)
		return s.lookUp(ctx, sec, byEmail, []lookup{{pk: sec.emailKey(email)}}, lookup{pk: sec.plainEmailKey(email)}, limit, from, func(c domain.Contact) bool {
			return text.NormaliseEmail(c.Email()) == email
		})
	}
	start := text.Normalise(q)
	if start == "" {
		return nil, "", nil
	}
	cs, next, err := s.lookUp(ctx, sec, byName, sec.nameStarts(start), sec.plainNameStart(start), limit, from, func(c domain.Contact) bool {
		return strings.HasPrefix(name(c), start)
	})
	slices.SortFunc(cs, func(a, b domain.Contact) int {
		return cmp.Or(strings.Compare(name(a), name(b)), strings.Compare(string(a.Number), string(b.Number)))
	})
	return cs, next, err
}

// Lists that look-ups are read in, as cursors name them.
const (
	byEmail = "email"
	byName  = "name"
)

// plain begins the cursors of the look-ups of before, which are sealed.
const plain = "plain."

// lookUp pages through the look-ups that begin so, in one place after the other, then
// through those of before, and returns the contacts that have them and fit.
func (s *Contacts) lookUp(ctx context.Context, sec *secret, list string, places []lookup, before lookup, limit int, from string,
	fits func(domain.Contact) bool) ([]domain.Contact, string, error) {
	var found []domain.Contact
	already := func(c domain.Contact) bool {
		return slices.ContainsFunc(found, func(f domain.Contact) bool { return f.Number == c.Number })
	}
	last, err := after(list, from)
	if err == nil {
		place := 0
		if last != "" {
			// The place's number stands before the sort key.
			at, sk, ok := strings.Cut(last, "/")
			if place, err = strconv.Atoi(at); err != nil || !ok || place < 0 || place >= len(places) {
				return nil, "", badCursor()
			}
			last = sk
		}
		for ; place < len(places); place, last = place+1, "" {
			full := len(found) == limit // then it is enough to know whether there are more
			more, next, err := s.lookUpPart(ctx, sec.in, places[place], max(1, limit-len(found)), last, func(c domain.Contact, l lookup) bool {
				return fits(c) && (slices.Contains(sec.lookups(c), l) || slices.Contains(sec.earlierLookups(c), l) && !already(c))
			})
			if err != nil {
				return nil, "", err
			}
			if full && len(more) > 0 {
				return found, cursor(list, strconv.Itoa(place)+"/"), nil
			}
			if found = append(found, more...); next != "" {
				return found, cursor(list, strconv.Itoa(place)+"/"+next), nil
			}
		}
		if !sec.plain {
			return found, "", nil
		}
		last = ""
	} else if sealed, plainErr := after(plain+list, from); plainErr == nil && sec.plain {
		var ok bool
		if last, ok = sec.open(sealed); !ok {
			return nil, "", badCursor()
		}
	} else {
		return nil, "", err
	}
	if len(found) == limit {
		return found, cursor(plain+list, sec.seal("")), nil
	}
	more, next, err := s.lookUpPart(ctx, sec.in, before, limit-len(found), last, func(c domain.Contact, l lookup) bool {
		return fits(c) && slices.Contains(sec.plainLookups(c), l) && !already(c)
	})
	if err != nil {
		return nil, "", err
	}
	if next != "" {
		next = cursor(plain+list, sec.seal(next))
	}
	return append(found, more...), next, nil
}

// lookUpPart pages through the look-ups of one partition whose sort keys begin with
// start.sk.
func (s *Contacts) lookUpPart(ctx context.Context, in domain.InstitutionID, start lookup, limit int, last string,
	fits func(domain.Contact, lookup) bool) (found []domain.Contact, next string, err error) {
	query := partition(start.pk)
	if start.sk != "" {
		query = beginning(start.pk, start.sk)
	}
	query.Limit = aws.Int32(int32(limit + 1))
	if last != "" {
		if !strings.HasPrefix(last, start.sk) {
			return nil, "", badCursor()
		}
		query.ExclusiveStartKey = keys(start.pk, last)
	}
	var at []string
	for page, err := range s.lookups.pages(ctx, query) {
		if err != nil {
			return nil, "", err
		}
		var ns []domain.ContactNumber
		var sks []string
		for _, it := range page {
			sk := stringOf(it["sk"])
			sks = append(sks, sk)
			ns = append(ns, numberOf(sk))
		}
		cs, err := s.GetMany(ctx, in, ns)
		if err != nil {
			return nil, "", err
		}
		for i, n := range ns {
			if c, ok := cs[n]; ok && fits(c, lookup{start.pk, sks[i]}) {
				found, at = append(found, c), append(at, sks[i])
			}
		}
		if len(found) > limit {
			return found[:limit], at[limit-1], nil
		}
	}
	return found, "", nil
}

// ByEmail returns the numbers that have each address, by a query for each 50 of
// them and one for each ten that are found.
func (s *Contacts) ByEmail(ctx context.Context, in domain.InstitutionID, emails []string) (map[string][]domain.ContactNumber, error) {
	asked := map[string][]string{} // folded to as asked
	for _, e := range emails {
		f := text.NormaliseEmail(e)
		if f != "" && !slices.Contains(asked[f], e) {
			asked[f] = append(asked[f], e)
		}
	}
	if len(asked) == 0 {
		return map[string][]domain.ContactNumber{}, nil
	}
	sec, err := s.secrets.get(ctx, in)
	if err != nil {
		return nil, err
	}
	byKey := make(map[string]string, len(asked)) // the folded address of each key
	for f := range asked {
		byKey[sec.emailKey(f)] = f
		if sec.plain {
			byKey[sec.plainEmailKey(f)] = f
		}
	}
	var mu sync.Mutex
	numbers := map[string][]domain.ContactNumber{}
	var all []domain.ContactNumber
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(s.limit(2)) // small answers
	for keys := range slices.Chunk(slices.Sorted(maps.Keys(byKey)), mostIn) {
		g.Go(func() error {
			return s.lookups.in(gctx, keys, func(it item) {
				f, n := byKey[stringOf(it["pk"])], domain.ContactNumber(stringOf(it["sk"]))
				mu.Lock()
				defer mu.Unlock()
				numbers[f], all = append(numbers[f], n), append(all, n)
			})
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	contacts, err := s.GetMany(ctx, in, all)
	if err != nil {
		return nil, err
	}
	out := map[string][]domain.ContactNumber{}
	for f, ns := range numbers {
		ns = slices.DeleteFunc(ns, func(n domain.ContactNumber) bool { return text.NormaliseEmail(contacts[n].Email()) != f })
		if len(ns) == 0 {
			continue
		}
		slices.Sort(ns)
		ns = slices.Compact(ns)
		for _, e := range asked[f] {
			out[e] = slices.Clone(ns)
		}
	}
	return out, nil
}

// ByName returns the contacts that have each name: last and first name, folded and
// with a blank between them. It is one query for each.
func (s *Contacts) ByName(ctx context.Context, in domain.InstitutionID, names []string) (map[string][]domain.Contact, error) {
	sec, err := s.secrets.get(ctx, in)
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	out := map[string][]domain.Contact{}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(s.limit(4)) // small answers
	for _, n := range names {
		if n == "" {
			continue
		}
		g.Go(func() error {
			var all []domain.Contact
			for from := ""; ; {
				cs, next, err := s.lookUp(gctx, sec, byName, sec.namePlaces(n), sec.plainNameStart(n), pageSize(100), from, func(c domain.Contact) bool {
					return name(c) == n
				})
				if err != nil {
					return err
				}
				all = append(all, cs...)
				if from = next; next == "" {
					break
				}
			}
			slices.SortFunc(all, func(a, b domain.Contact) int { return strings.Compare(string(a.Number), string(b.Number)) })
			all = slices.CompactFunc(all, func(a, b domain.Contact) bool { return a.Number == b.Number })
			mu.Lock()
			defer mu.Unlock()
			if len(all) > 0 {
				out[n] = all
			}
			return nil
		})
	}
	return out, g.Wait()
}

// Search pages through all contacts by number and returns those that match, until
// it has looked at enough, of which one is the least; then the cursor is where to go
// on.
func (s *Contacts) Search(ctx context.Context, in domain.InstitutionID, match func(domain.Contact) bool, limit int, enough func(seen int) bool, from string) ([]domain.Contact, string, error) {
	last, err := after("search", from)
	if err != nil {
		return nil, "", err
	}
	if last != "" && !domain.ContactNumber(last).Valid() {
		return nil, "", badCursor()
	}
	limit = pageSize(limit)
	var found []domain.Contact
	seen := 0
	for c, err := range s.merged(ctx, in, last, allPage, nil) {
		if err != nil {
			return nil, "", err
		}
		if len(found) == limit || seen > 0 && enough(seen) {
			return found, cursor("search", last), nil
		}
		if match(c) {
			found = append(found, c)
		}
		seen, last = seen+1, string(c.Number)
	}
	return found, "", nil
}

// list pages through all contacts by number.
func (s *Contacts) list(ctx context.Context, in domain.InstitutionID, limit int, from string) ([]domain.Contact, string, error) {
	last, err := after("all", from)
	if err != nil {
		return nil, "", err
	}
	if last != "" && !domain.ContactNumber(last).Valid() {
		return nil, "", badCursor()
	}
	var found []domain.Contact
	for c, err := range s.merged(ctx, in, last, limit/Buckets*2+4, nil) {
		if err != nil {
			return nil, "", err
		}
		if len(found) == limit {
			return found, cursor("all", string(found[limit-1].Number)), nil
		}
		found = append(found, c)
	}
	return found, "", nil
}
