package memory

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/text"
)

// Catalogue keeps definitions, settings and targets.
type Catalogue struct {
	mu       sync.RWMutex
	settings map[domain.InstitutionID]domain.Settings
	fields   map[domain.InstitutionID]map[string]domain.FieldDef // by code
	targets  map[domain.InstitutionID]map[string]domain.Target   // by id
}

// NewCatalogue returns an empty store.
func NewCatalogue() *Catalogue {
	return &Catalogue{
		settings: map[domain.InstitutionID]domain.Settings{},
		fields:   map[domain.InstitutionID]map[string]domain.FieldDef{},
		targets:  map[domain.InstitutionID]map[string]domain.Target{},
	}
}

// Catalogue returns all definitions and settings.
func (s *Catalogue) Catalogue(_ context.Context, in domain.InstitutionID) (*domain.Catalogue, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	settings, ok := s.settings[in]
	if !ok {
		return nil, fault.Missing()
	}
	settings.Titles = slices.Clone(settings.Titles)
	c := &domain.Catalogue{Settings: settings}
	for _, code := range slices.Sorted(maps.Keys(s.fields[in])) {
		c.Fields = append(c.Fields, cloneField(s.fields[in][code]))
	}
	return c, nil
}

// PutSettings replaces the settings.
func (s *Catalogue) PutSettings(_ context.Context, in domain.InstitutionID, st domain.Settings) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	st.Titles, st.MailDomains = slices.Clone(st.Titles), slices.Clone(st.MailDomains)
	s.settings[in] = st
	return nil
}

// PutField creates or replaces a definition.
func (s *Catalogue) PutField(_ context.Context, in domain.InstitutionID, d domain.FieldDef) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	stored, exists := s.fields[in][d.Code]
	if exists && stored.Field() != d.Field() {
		return fault.New(fault.Conflict, "codeTaken", d.Code)
	}
	if err := fits(d.Version, stored.Version, exists); err != nil {
		return err
	}
	d = cloneField(d)
	d.Used, d.UsedValues, d.Version = stored.Used, stored.UsedValues, stored.Version+1
	if s.fields[in] == nil {
		s.fields[in] = map[string]domain.FieldDef{}
	}
	s.fields[in][d.Code] = d
	return nil
}

// DeleteField removes a definition that was never used.
func (s *Catalogue) DeleteField(_ context.Context, in domain.InstitutionID, f domain.Field) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	stored, ok := s.fields[in][f.Code()]
	if !ok || stored.Field() != f {
		return fault.Missing()
	}
	if stored.Used {
		return fault.New(fault.Conflict, "inUse", f.Code())
	}
	delete(s.fields[in], f.Code())
	return nil
}

// MarkUsed remembers that contacts have values in fields.
func (s *Catalogue) MarkUsed(_ context.Context, in domain.InstitutionID, used map[domain.Field][]string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for f, codes := range used {
		d, ok := s.fields[in][f.Code()]
		if !ok || d.Field() != f {
			return fault.Missing()
		}
		values := slices.Clone(d.UsedValues)
		for _, c := range codes {
			if !slices.Contains(values, c) {
				values = append(values, c)
			}
		}
		if d.Used && len(values) == len(d.UsedValues) {
			continue
		}
		slices.Sort(values)
		d.Used, d.UsedValues, d.Version = true, values, d.Version+1
		s.fields[in][f.Code()] = d
	}
	return nil
}

// PutTarget creates or replaces a target.
func (s *Catalogue) PutTarget(_ context.Context, in domain.InstitutionID, t domain.Target) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	stored, exists := s.targets[in][t.ID]
	if err := fits(t.Version, stored.Version, exists); err != nil {
		return err
	}
	t.Condition, t.Version = slices.Clone(t.Condition), stored.Version+1
	if s.targets[in] == nil {
		s.targets[in] = map[string]domain.Target{}
	}
	s.targets[in][t.ID] = t
	return nil
}

// Target returns one target, or kind NotFound.
func (s *Catalogue) Target(_ context.Context, in domain.InstitutionID, id string) (domain.Target, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	t, ok := s.targets[in][id]
	if !ok {
		return domain.Target{}, fault.Missing()
	}
	t.Condition = slices.Clone(t.Condition)
	return t, nil
}

// Targets lists by name.
func (s *Catalogue) Targets(_ context.Context, in domain.InstitutionID, limit int, from string) ([]domain.Target, string, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	key := func(t domain.Target) string { return text.Normalise(t.Name) + "\x00" + t.ID }
	ts := slices.SortedFunc(maps.Values(s.targets[in]), func(a, b domain.Target) int { return strings.Compare(key(a), key(b)) })
	for i := range ts {
		ts[i].Condition = slices.Clone(ts[i].Condition)
	}
	return page(ts, key, "targets", from, limit)
}

// DeleteTarget removes a target, or returns kind NotFound.
func (s *Catalogue) DeleteTarget(_ context.Context, in domain.InstitutionID, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.targets[in][id]; !ok {
		return fault.Missing()
	}
	delete(s.targets[in], id)
	return nil
}

// fits checks the version that the caller read: 0 is to create only.
func fits(read, stored int, exists bool) error {
	switch {
	case read == 0 && exists:
		return fault.New(fault.Conflict, "exists")
	case read != stored:
		return fault.New(fault.Conflict, "changed")
	}
	return nil
}

func cloneField(d domain.FieldDef) domain.FieldDef {
	d.Labels, d.Values, d.UsedValues = maps.Clone(d.Labels), slices.Clone(d.Values), slices.Clone(d.UsedValues)
	for i := range d.Values {
		d.Values[i].Labels = maps.Clone(d.Values[i].Labels)
	}
	return d
}
