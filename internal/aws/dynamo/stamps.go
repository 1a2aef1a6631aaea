package dynamo

import (
	"encoding/json"
	"maps"
	"strconv"
	"strings"

	"rollbook/internal/domain"
)

// A stamp is the attribute m<slot>: `<order>:<line><kind>`, and for kind n the
// values before as JSON. It begins with its order, so that a condition compares
// it with another order as texts, whatever follows.

func stampAttribute(slot int) string { return "m" + strconv.Itoa(slot) }

func stampText(s domain.Stamp) string {
	text := string(s.Order) + ":" + strconv.Itoa(s.Line) + string(rune(s.Kind))
	if s.Kind != domain.Found || len(s.Before) == 0 {
		return text
	}
	b, err := json.Marshal(s.Before)
	if err != nil {
		return text // texts only: it does not come to that
	}
	return text + string(b)
}

// readStamp returns the stamp in an attribute's text; ok is false if it is none.
func readStamp(text string) (s domain.Stamp, ok bool) {
	order, rest, ok := strings.Cut(text, ":")
	end := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
	if !ok || end < 0 {
		return s, false
	}
	s.Order, s.Kind = domain.Order(order), domain.StampKind(rest[end])
	s.Line, _ = strconv.Atoi(rest[:end])
	if before := rest[end+1:]; before != "" && json.Unmarshal([]byte(before), &s.Before) != nil {
		return s, false
	}
	return s, true
}

// slotOf returns the slot that an attribute is the stamp of.
func slotOf(attribute string) (slot int, ok bool) {
	digits, ok := strings.CutPrefix(attribute, "m")
	if !ok {
		return 0, false
	}
	slot, err := strconv.Atoi(digits)
	return slot, err == nil
}

// readStamps returns the stamps of an item, nil if there are none.
func readStamps(it item) map[int]domain.Stamp {
	var out map[int]domain.Stamp
	for name, v := range it {
		slot, ok := slotOf(name)
		if !ok {
			continue
		}
		if s, ok := readStamp(stringOf(v)); ok {
			if out == nil {
				out = map[int]domain.Stamp{}
			}
			out[slot] = s
		}
	}
	return out
}

// keepStamps writes mark and stamps into an item; without values, where it is
// what remains of a deleted contact.
func keepStamps(it item, mark domain.Order, stamps map[int]domain.Stamp, values bool) {
	if mark != "" {
		it["mark"] = str(string(mark))
	}
	for slot, s := range stamps {
		if !values {
			s.Before = nil
		}
		it[stampAttribute(slot)] = str(stampText(s))
	}
}

// orderOf returns the order in a mark, "" for none.
func orderOf(mark string) domain.Order {
	if mark == noMark {
		return ""
	}
	return domain.Order(mark)
}

// stampOf is what a write by a ticket leaves.
func stampOf(a domain.Applied, t domain.Ticket, kind domain.StampKind) domain.Stamp {
	s := domain.Stamp{Order: t.Order, Line: a.Line, Kind: kind}
	if kind == domain.Found {
		s.Before = a.Before
	}
	return s
}

func writtenKind(w domain.Write) domain.StampKind {
	if w.Strict {
		return domain.Strict
	}
	return domain.Found
}

// isHold reports that nobody is under the number, but something is decided.
func isHold(it item) bool { return it["hold"] != nil }

// holdItem says that nobody is under the number and a round never makes anybody.
func holdItem(in domain.InstitutionID, n domain.ContactNumber, slot int, s domain.Stamp) item {
	it := contactKey(in, n)
	it["hold"] = boolean(true)
	keepStamps(it, s.Order, map[int]domain.Stamp{slot: s}, false)
	return it
}

// decided returns what the ticket's round decided in an item, or that a later
// one has the slot.
func decided(it item, t domain.Ticket) (own *domain.Stamp, later bool) {
	stamps := readStamps(it)
	if s, ok := t.Own(stamps); ok {
		return &s, false
	}
	return nil, t.Later(stamps)
}

// stamp notes a decision in a contact, whose other stamps it shares with nobody
// afterwards.
func stamp(c *domain.Contact, t domain.Ticket, s domain.Stamp) {
	c.Mark = t.Order
	c.Stamps = maps.Clone(c.Stamps)
	if c.Stamps == nil {
		c.Stamps = map[int]domain.Stamp{}
	}
	c.Stamps[t.Slot] = s
}
