package memory

import (
	"context"
	"fmt"
	"maps"

	"rollbook/internal/roll"
)

var tmpGone = map[*Contacts]map[string]string{}
var tmpClaims = map[*Contacts]map[string]roll.ContactNumber{}
var tmpNext = map[*Contacts]int{}

func (s *Contacts) Gone(_ context.Context, in roll.InstitutionID, ns []roll.ContactNumber) (map[roll.ContactNumber]bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[roll.ContactNumber]bool{}
	for _, n := range ns {
		if _, ok := tmpGone[s][string(in)+"#"+string(n)]; ok {
			out[n] = true
		}
	}
	return out, nil
}

func (s *Contacts) Create(_ context.Context, in roll.InstitutionID, cs []roll.Creation) ([]roll.Made, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if tmpClaims[s] == nil {
		tmpClaims[s] = map[string]roll.ContactNumber{}
	}
	if s.of[in] == nil {
		s.of[in] = map[roll.ContactNumber]roll.Contact{}
	}
	out := make([]roll.Made, len(cs))
	for i, c := range cs {
		claim := string(in) + "#" + c.Identity
		if c.Identity == "" {
			claim = fmt.Sprintf("%s#%s:%d", in, c.Applied.Import, c.Applied.Line)
		}
		n := c.Number
		if n == "" {
			n = tmpClaims[s][claim]
		}
		if have, ok := s.of[in][n]; ok && n != "" {
			if have.Applied.Import == c.Applied.Import && have.Applied.Line == c.Applied.Line {
				out[i] = roll.Made{Number: n, Done: true}
			} else {
				h := clone(have)
				out[i] = roll.Made{Number: n, Live: &h}
			}
			continue
		}
		if n == "" || tmpGone[s][string(in)+"#"+string(n)] != "" {
			tmpNext[s]++
			n = roll.ContactNumber(fmt.Sprintf("%07d", 9000000+tmpNext[s]))
		}
		tmpClaims[s][claim] = n
		s.of[in][n] = roll.Contact{Number: n, Fields: maps.Clone(c.Fields), Provenance: map[roll.Field]roll.Provenance{}, Applied: c.Applied, Version: 1}
		out[i] = roll.Made{Number: n, Done: true}
	}
	return out, nil
}

func (s *Contacts) Remove(_ context.Context, in roll.InstitutionID, ws []roll.Write) ([]roll.Written, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]roll.Written, len(ws))
	for i, w := range ws {
		c, ok := s.of[in][w.Number]
		if ok && c.Applied.Import == w.Applied.Import && maps.Equal(c.Fields, w.If) {
			delete(s.of[in], w.Number)
			s.tmpGo(in, w.Number)
			out[i].Done = true
		} else if ok {
			h := clone(c)
			out[i].Live = &h
		}
	}
	return out, nil
}

func (s *Contacts) tmpGo(in roll.InstitutionID, n roll.ContactNumber) {
	if tmpGone[s] == nil {
		tmpGone[s] = map[string]string{}
	}
	tmpGone[s][string(in)+"#"+string(n)] = "x"
}

func (s *Contacts) Claimed(_ context.Context, in roll.InstitutionID, imp string, lines []int) (map[int]roll.ContactNumber, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[int]roll.ContactNumber{}
	for _, l := range lines {
		if n, ok := tmpClaims[s][fmt.Sprintf("%s#%s:%d", in, imp, l)]; ok {
			out[l] = n
		}
	}
	return out, nil
}
