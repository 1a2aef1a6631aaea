package dynamo

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"rollbook/internal/domain"
)

// numbers gives next free numbers to lines of imports, not to calls: whoever asks
// again for the same line, after a crash or at the same time, gets the same one.
// The numbers of 100 lines are one item.
type numbers struct {
	table
	people people
}

// linesInItem is bound by the 300 functions of an update expression and by its
// 4 KB.
const linesInItem = 100

func numbersKey(in domain.InstitutionID) string { return string(in) + "#numbers" }

func lineItem(in domain.InstitutionID, a domain.Applied) item {
	return keys(numbersKey(in), fmt.Sprintf("%s#%07d", a.Import, a.Line/linesInItem))
}

func lineAttribute(a domain.Applied) string { return "l" + strconv.Itoa(a.Line) }

func digits(m *making) int {
	if d := m.cr.Digits; d > 0 && d <= domain.MaxDigits {
		return d
	}
	return domain.DefaultDigits
}

// lineText is what is kept of a line: its contact's number, with an f before it if
// that contact was there already.
func lineText(p domain.Pinned) types.AttributeValue {
	if p.Found {
		return str("f" + string(p.Number))
	}
	return str(string(p.Number))
}

func readLine(it item, line int) domain.Pinned {
	n, found := strings.CutPrefix(stringOf(it[lineAttribute(domain.Applied{Line: line})]), "f")
	return domain.Pinned{Number: domain.ContactNumber(n), Found: found}
}

// assign gives every making without one its number, and returns those that were
// given it by an earlier call.
func (s numbers) assign(ctx context.Context, in domain.InstitutionID, ms []*making) (known []*making, err error) {
	type group struct {
		key item
		ms  []*making
	}
	groups := map[string]*group{}
	var order []*group
	for _, m := range ms {
		if m.given {
			continue
		}
		key := lineItem(in, m.cr.Applied)
		g := groups[stringOf(key["sk"])]
		if g == nil {
			g = &group{key: key}
			groups[stringOf(key["sk"])] = g
			order = append(order, g)
		}
		g.ms = append(g.ms, m)
	}
	if len(order) == 0 {
		return nil, nil
	}
	ask := make([]item, len(order))
	for i, g := range order {
		ask[i] = g.key
	}
	found, err := s.many(ctx, ask)
	if err != nil {
		return nil, err
	}
	for _, it := range found {
		g := groups[stringOf(it["sk"])]
		rest := g.ms[:0:0]
		for _, m := range g.ms {
			p := readLine(it, m.cr.Applied.Line)
			if m.n, m.found = p.Number, p.Found; m.n != "" {
				known = append(known, m)
			} else {
				rest = append(rest, m)
			}
		}
		g.ms = rest
	}
	var fresh []*making
	for _, g := range order {
		fresh = append(fresh, g.ms...)
	}
	numbers, err := s.free(ctx, in, fresh)
	if err != nil {
		return nil, err
	}
	for m, n := range numbers {
		m.n = n
	}
	eg, ectx := errgroup.WithContext(ctx)
	eg.SetLimit(s.limit(4)) // small requests
	for _, g := range order {
		if len(g.ms) > 0 {
			eg.Go(func() error { return s.agree(ectx, g.key, g.ms) })
		}
	}
	return known, eg.Wait()
}

// free returns the next free numbers, one for each.
func (s numbers) free(ctx context.Context, in domain.InstitutionID, ms []*making) (map[*making]domain.ContactNumber, error) {
	wide := map[int][]*making{}
	for _, m := range ms {
		wide[digits(m)] = append(wide[digits(m)], m)
	}
	out := make(map[*making]domain.ContactNumber, len(ms))
	for d, ms := range wide {
		first, err := s.take(ctx, in, d, len(ms))
		if err != nil {
			return nil, err
		}
		for i, m := range ms {
			out[m] = domain.ContactNumber(fmt.Sprintf("%0*d", d, first+uint64(i)))
		}
	}
	return out, nil
}

// agree writes down the numbers of lines of one item. Where somebody gave a line
// another number before, that one holds; a line that is closed for its round is
// given none.
func (s numbers) agree(ctx context.Context, key item, ms []*making) error {
	lines := map[int]domain.ContactNumber{}
	for _, m := range ms {
		lines[m.cr.Applied.Line] = m.n
	}
	given, err := s.pin(ctx, key, ms[0].cr.Ticket, lines, false)
	if err != nil {
		return err
	}
	for _, m := range ms {
		p := given[m.cr.Applied.Line]
		m.n, m.found = p.Number, p.Found
		m.closed = m.n == ""
	}
	return nil
}

// A line is closed for a round, and those before, by the attribute x<line> with
// the round's order; xs is the last order by which any line of the item was. So
// a round that finds no xs of its order gives all lines of an item their numbers
// in one request, and only one that does looks at each.
const lastClosed = "xs"

func closedAttribute(line int) string { return "x" + strconv.Itoa(line) }

// pin gives lines of one item numbers, unless they have one, and returns what
// they have now. Lines closed for the round and without a number are left out.
func (s numbers) pin(ctx context.Context, key item, t domain.Ticket, lines map[int]domain.ContactNumber, found bool) (map[int]domain.Pinned, error) {
	out := map[int]domain.Pinned{}
	read := func(it item) {
		for l := range lines {
			if p := readLine(it, l); p.Number != "" {
				out[l] = p
			}
		}
	}
	it, held, err := s.pinUnless(ctx, key, t, lines, found, lastClosed)
	if err != nil {
		return nil, err
	}
	read(it)
	if held {
		return out, nil
	}
	for l, n := range lines {
		if out[l].Number != "" {
			continue
		}
		it, _, err := s.pinUnless(ctx, key, t, map[int]domain.ContactNumber{l: n}, found, closedAttribute(l))
		if err != nil {
			return nil, err
		}
		read(it)
	}
	return out, nil
}

// pinUnless gives the lines numbers unless the attribute says that they are
// closed for the round.
func (s numbers) pinUnless(ctx context.Context, key item, t domain.Ticket, lines map[int]domain.ContactNumber, found bool, closed string) (it item, held bool, err error) {
	set := []string{"#ttl = :ttl"}
	u := dynamodb.UpdateItemInput{Key: key, ExpressionAttributeNames: map[string]string{"#ttl": "ttl"},
		ExpressionAttributeValues: item{":ttl": num(s.Now().Add(claimLife).Unix())}}
	for line, n := range lines {
		l := strconv.Itoa(line % linesInItem)
		set = append(set, "#"+l+"=if_not_exists(#"+l+",:"+l+")")
		u.ExpressionAttributeNames["#"+l], u.ExpressionAttributeValues[":"+l] = lineAttribute(domain.Applied{Line: line}), lineText(domain.Pinned{Number: n, Found: found})
	}
	u.UpdateExpression = aws.String("SET " + strings.Join(set, ","))
	u.ConditionExpression = aws.String("attribute_not_exists(#x) OR #x < :o")
	u.ExpressionAttributeNames["#x"], u.ExpressionAttributeValues[":o"] = closed, str(string(t.Order))
	return s.update(ctx, u)
}

// Pin remembers which contacts an import's lines without a number are about, and
// returns what is remembered: whoever pinned a line first decides. A line that
// was burnt by the round and had none is left out.
func (s numbers) Pin(ctx context.Context, in domain.InstitutionID, imp string, t domain.Ticket, lines map[int]domain.ContactNumber) (map[int]domain.ContactNumber, error) {
	parts := map[int]map[int]domain.ContactNumber{}
	for l, n := range lines {
		if parts[l/linesInItem] == nil {
			parts[l/linesInItem] = map[int]domain.ContactNumber{}
		}
		parts[l/linesInItem][l] = n
	}
	var mu sync.Mutex
	out := make(map[int]domain.ContactNumber, len(lines))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(s.limit(4))
	for part, lines := range parts {
		g.Go(func() error {
			pinned, err := s.pin(gctx, lineItem(in, domain.Applied{Import: imp, Line: part * linesInItem}), t, lines, true)
			mu.Lock()
			defer mu.Unlock()
			for l, p := range pinned {
				out[l] = p.Number
			}
			return err
		})
	}
	return out, g.Wait()
}

// close keeps lines of one item from being given numbers by the round, or one
// before, and returns those that they have. later says that a later round of the
// import closed lines already: this one is over.
func (s numbers) close(ctx context.Context, key item, t domain.Ticket, lines []int) (has map[int]domain.ContactNumber, later bool, err error) {
	set := []string{"#ttl = :ttl", "#xs = :o"}
	u := dynamodb.UpdateItemInput{Key: key, ConditionExpression: aws.String("attribute_not_exists(#xs) OR #xs <= :o"),
		ExpressionAttributeNames:  map[string]string{"#ttl": "ttl", "#xs": lastClosed},
		ExpressionAttributeValues: item{":ttl": num(s.Now().Add(claimLife).Unix()), ":o": str(string(t.Order))}}
	for _, line := range lines {
		l := strconv.Itoa(line % linesInItem)
		if u.ExpressionAttributeNames["#"+l] == "" {
			set = append(set, "#"+l+" = :o")
		}
		u.ExpressionAttributeNames["#"+l] = closedAttribute(line)
	}
	u.UpdateExpression = aws.String("SET " + strings.Join(set, ","))
	it, held, err := s.update(ctx, u)
	if err != nil || !held {
		return nil, err == nil, err
	}
	has = map[int]domain.ContactNumber{}
	for _, l := range lines {
		if p := readLine(it, l); p.Number != "" {
			has[l] = p.Number
		}
	}
	return has, false, nil
}

// renumberAll does so for many, those of one item in one request.
func (s numbers) renumberAll(ctx context.Context, in domain.InstitutionID, ms []*making, to func(*making) domain.Pinned) error {
	parts := map[string][]*making{}
	twice := map[domain.Origin]bool{} // a request names a line once
	for _, m := range ms {
		sk := stringOf(lineItem(in, m.cr.Applied)["sk"])
		if twice[m.origin()] {
			sk += "#" + strconv.Itoa(m.at)
		}
		twice[m.origin()] = true
		parts[sk] = append(parts[sk], m)
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(s.limit(4))
	for _, ms := range parts {
		g.Go(func() error {
			if len(ms) > 1 {
				held, err := s.renumberPart(gctx, in, ms, to)
				if err != nil || held {
					return err
				}
			}
			for _, m := range ms {
				if err := s.renumber(gctx, in, m, to(m)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return g.Wait()
}

// renumberPart gives lines of one item their numbers if all of them have the ones
// that are thought and none of the item was closed for the round.
func (s numbers) renumberPart(ctx context.Context, in domain.InstitutionID, ms []*making, to func(*making) domain.Pinned) (held bool, err error) {
	u := dynamodb.UpdateItemInput{Key: lineItem(in, ms[0].cr.Applied), ExpressionAttributeNames: map[string]string{"#ttl": "ttl"},
		ExpressionAttributeValues: item{":ttl": num(s.Now().Add(claimLife).Unix())}}
	set, has := []string{"#ttl=:ttl"}, []string{"(attribute_not_exists(#x) OR #x < :o)"}
	u.ExpressionAttributeNames["#x"], u.ExpressionAttributeValues[":o"] = lastClosed, str(string(ms[0].cr.Ticket.Order))
	for _, m := range ms {
		l := strconv.Itoa(m.cr.Applied.Line % linesInItem)
		set, has = append(set, "#"+l+"=:t"+l), append(has, "#"+l+"=:f"+l)
		u.ExpressionAttributeNames["#"+l] = lineAttribute(m.cr.Applied)
		u.ExpressionAttributeValues[":t"+l], u.ExpressionAttributeValues[":f"+l] = lineText(to(m)), lineText(domain.Pinned{Number: m.n, Found: m.found})
	}
	u.UpdateExpression, u.ConditionExpression = aws.String("SET "+strings.Join(set, ",")), aws.String(strings.Join(has, " AND "))
	_, held, err = s.update(ctx, u)
	for _, m := range ms {
		if held && err == nil {
			m.n, m.found = to(m).Number, true
		}
	}
	return held, err
}

// renumber gives a line a number instead of the one it has, unless somebody did
// before: then it has that one. A line that is closed keeps what it has.
func (s numbers) renumber(ctx context.Context, in domain.InstitutionID, m *making, to domain.Pinned) error {
	l := lineAttribute(m.cr.Applied)
	u := dynamodb.UpdateItemInput{Key: lineItem(in, m.cr.Applied),
		UpdateExpression:         aws.String("SET #l = :to, #ttl = :ttl"),
		ConditionExpression:      aws.String("(#l = :from OR #l = :to) AND (attribute_not_exists(#x) OR #x < :o)"),
		ExpressionAttributeNames: map[string]string{"#l": l, "#ttl": "ttl", "#x": closedAttribute(m.cr.Applied.Line)},
		ExpressionAttributeValues: item{":from": lineText(domain.Pinned{Number: m.n, Found: m.found}), ":to": lineText(to),
			":ttl": num(s.Now().Add(claimLife).Unix()), ":o": str(string(m.cr.Ticket.Order))}}
	now, held, err := s.update(ctx, u)
	if err != nil {
		return err
	}
	if held {
		m.n, m.found = to.Number, to.Found
		return nil
	}
	m.closed = stringOf(now[closedAttribute(m.cr.Applied.Line)]) >= string(m.cr.Ticket.Order)
	if p := readLine(now, m.cr.Applied.Line); p.Number != "" {
		m.n, m.found = p.Number, p.Found
	}
	return nil
}

func counterKey(in domain.InstitutionID, digits int) item {
	return keys(numbersKey(in), fmt.Sprintf("next#%02d", digits))
}

// take returns the first of n numbers that nobody else is given.
func (s numbers) take(ctx context.Context, in domain.InstitutionID, digits, n int) (first uint64, err error) {
	for {
		now, known, err := s.update(ctx, dynamodb.UpdateItemInput{Key: counterKey(in, digits),
			UpdateExpression: aws.String("ADD #n :n"), ConditionExpression: aws.String("attribute_exists(pk)"),
			ExpressionAttributeNames: map[string]string{"#n": "n"}, ExpressionAttributeValues: item{":n": num(int64(n))}})
		if err != nil {
			return 0, err
		}
		if known {
			return uint64(number(now["n"])) - uint64(n) + 1, nil
		}
		if err := s.raise(ctx, in, digits); err != nil {
			return 0, err
		}
	}
}

// raise makes the next number one above the highest that has the width.
func (s numbers) raise(ctx context.Context, in domain.InstitutionID, digits int) error {
	highest, err := s.people.highest(ctx, in, digits)
	if err != nil {
		return err
	}
	_, _, err = s.update(ctx, dynamodb.UpdateItemInput{Key: counterKey(in, digits),
		UpdateExpression: aws.String("SET #n = :n"), ConditionExpression: aws.String("attribute_not_exists(pk) OR #n < :n"),
		ExpressionAttributeNames: map[string]string{"#n": "n"}, ExpressionAttributeValues: item{":n": num(int64(highest))}})
	return err
}

// NextNumber returns a number of the width that nobody has, had or is given.
func (s numbers) NextNumber(ctx context.Context, in domain.InstitutionID, digits int) (domain.ContactNumber, error) {
	for {
		first, err := s.take(ctx, in, digits, 1)
		if err != nil {
			return "", err
		}
		n := domain.ContactNumber(fmt.Sprintf("%0*d", digits, first))
		there, err := s.people.under(ctx, in, []domain.ContactNumber{n})
		if err != nil || len(there) == 0 {
			return n, err
		}
		// Somebody chose it by hand, and maybe those after it.
		if err := s.raise(ctx, in, digits); err != nil {
			return "", err
		}
	}
}

// Claimed returns whom an import's lines without a number are about.
func (s numbers) Claimed(ctx context.Context, in domain.InstitutionID, imp string, lines []int) (map[int]domain.Pinned, error) {
	of := map[string][]int{} // lines by their item
	var ask []item
	for _, l := range lines {
		key := lineItem(in, domain.Applied{Import: imp, Line: l})
		sk := stringOf(key["sk"])
		if of[sk] == nil {
			ask = append(ask, key)
		}
		of[sk] = append(of[sk], l)
	}
	found, err := s.many(ctx, ask)
	if err != nil {
		return nil, err
	}
	out := map[int]domain.Pinned{}
	for _, it := range found {
		for _, l := range of[stringOf(it["sk"])] {
			if p := readLine(it, l); p.Number != "" {
				out[l] = p
			}
		}
	}
	return out, nil
}
