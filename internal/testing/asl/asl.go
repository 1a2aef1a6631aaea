// Package asl runs state machines of the Amazon States Language in memory and
// counts what Step Functions would charge. It knows what our machine uses; a
// state or field that it does not know is an error, so that none is passed over.
package asl

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// Machine is a state machine with what its tasks do.
type Machine struct {
	states map[string]*state
	start  string
	// Tasks run by the Resource of their states.
	Tasks map[string]func(ctx context.Context, input []byte) ([]byte, error)
	// Read returns the object that an ItemReader names.
	Read func(ctx context.Context, bucket, key string) ([]byte, error)
	// MostTries bounds the retries of a state below what it says; 0 for no bound.
	MostTries int

	transitions, invocations, children atomic.Int64
}

// Failed is how an execution ends at a Fail state, and what a task's error is to
// the machine.
type Failed struct{ Name, Cause string }

func (f Failed) Error() string { return f.Name + ": " + f.Cause }

// Counted is what executions came to.
type Counted struct {
	Transitions int // states entered, and retries
	Invocations int // of tasks
	Children    int // executions that a distributed map started
}

// Counted is what all executions came to so far.
func (m *Machine) Counted() Counted {
	return Counted{int(m.transitions.Load()), int(m.invocations.Load()), int(m.children.Load())}
}

type state struct {
	Type, Comment, Label, Resource, Next, Default string
	End                                           bool
	TimeoutSeconds, Seconds                       float64
	InputPath, OutputPath                         json.RawMessage
	ResultPath                                    json.RawMessage
	Retry                                         []struct {
		ErrorEquals                                   []string
		IntervalSeconds, BackoffRate, MaxDelaySeconds float64
		MaxAttempts                                   *int
		JitterStrategy                                string
	}
	Catch []struct {
		ErrorEquals []string
		ResultPath  json.RawMessage
		Next        string
	}
	Choices                    []choice
	ErrorPath, CausePath       string
	MaxConcurrencyPath         string
	ToleratedFailurePercentage float64
	ItemReader                 *struct {
		Resource     string
		ReaderConfig struct{ InputType string }
		Parameters   map[string]string
	}
	ItemProcessor *struct {
		ProcessorConfig struct{ Mode, ExecutionType string }
		StartAt         string
		States          map[string]*state
	}
	ResultWriter json.RawMessage
}

type choice struct {
	Variable      string
	IsPresent     *bool
	BooleanEquals *bool
	NumericEquals *float64
	StringEquals  *string
	And, Or       []choice
	Not           *choice
	Next          string
}

// New reads a state machine's definition.
func New(definition []byte) (*Machine, error) {
	var d struct {
		Comment, StartAt string
		TimeoutSeconds   float64
		States           map[string]*state
	}
	dec := json.NewDecoder(bytes.NewReader(definition))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&d); err != nil {
		return nil, err
	}
	m := &Machine{states: d.States, start: d.StartAt}
	seen := map[string]bool{}
	return m, check(d.States, d.StartAt, seen)
}

// check finds what Step Functions would refuse: names that stand twice, states
// that lead nowhere or cannot be reached.
func check(states map[string]*state, start string, seen map[string]bool) error {
	reached := map[string]bool{}
	var reach func(from, name string) error
	reach = func(from, name string) error {
		s := states[name]
		if s == nil {
			return fmt.Errorf("%s leads to %q, which is no state", from, name)
		}
		if reached[name] {
			return nil
		}
		reached[name] = true
		if seen[name] {
			return fmt.Errorf("two states are called %s", name)
		}
		seen[name] = true
		next := []string{s.Next, s.Default}
		for _, c := range s.Catch {
			next = append(next, c.Next)
		}
		for _, c := range s.Choices {
			next = append(next, c.Next)
		}
		ends := s.End || s.Type == "Succeed" || s.Type == "Fail" || s.Type == "Choice"
		if ends == (s.Next != "") {
			return fmt.Errorf("%s has an end and a next state, or neither", name)
		}
		for _, n := range next {
			if n != "" {
				if err := reach(name, n); err != nil {
					return err
				}
			}
		}
		if p := s.ItemProcessor; p != nil {
			return check(p.States, p.StartAt, seen)
		}
		return nil
	}
	if err := reach("StartAt", start); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(states)) {
		if !reached[name] {
			return fmt.Errorf("nothing leads to %s", name)
		}
	}
	return nil
}

// Run executes the machine to its end, without its pauses. The error is a
// [Failed] where a Fail state or an error that nothing catches ended it.
func (m *Machine) Run(ctx context.Context, input []byte) error {
	_, err := m.run(ctx, m.states, m.start, input)
	return err
}

func (m *Machine) run(ctx context.Context, states map[string]*state, name string, input []byte) ([]byte, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		s := states[name]
		m.transitions.Add(1)
		out, next, err := m.step(ctx, s, input)
		if err != nil {
			f, ok := errors.AsType[Failed](err)
			if !ok || s.Type == "Fail" {
				return nil, err
			}
			caught := false
			for _, c := range s.Catch {
				if !names(c.ErrorEquals, f.Name) {
					continue
				}
				told, merr := json.Marshal(map[string]string{"Error": f.Name, "Cause": f.Cause})
				if merr != nil {
					return nil, merr
				}
				if input, err = place(input, told, c.ResultPath); err != nil {
					return nil, err
				}
				name, caught = c.Next, true
				break
			}
			if !caught {
				return nil, f
			}
			continue
		}
		if next == "" {
			return out, nil
		}
		input, name = out, next
	}
}

// step runs one state: its output and the next state, "" for the end.
func (m *Machine) step(ctx context.Context, s *state, input []byte) ([]byte, string, error) {
	switch s.Type {
	case "Succeed":
		return input, "", nil
	case "Wait":
		return input, s.Next, nil
	case "Fail":
		name, _ := at(input, s.ErrorPath)
		cause, _ := at(input, s.CausePath)
		return nil, "", Failed{fmt.Sprint(name), fmt.Sprint(cause)}
	case "Choice":
		for _, c := range s.Choices {
			if yes, err := c.holds(input); err != nil || yes {
				return input, c.Next, err
			}
		}
		return input, s.Default, nil
	case "Task", "Map":
		given := input
		if s.InputPath != nil {
			var path string
			if err := json.Unmarshal(s.InputPath, &path); err != nil {
				return nil, "", err
			}
			v, there := at(input, path)
			if !there {
				return nil, "", Failed{"States.Runtime", path + " is not there"}
			}
			var err error
			if given, err = json.Marshal(v); err != nil {
				return nil, "", err
			}
		}
		var result []byte
		var err error
		if s.Type == "Task" {
			result, err = m.task(ctx, s, given)
		} else {
			result, err = []byte(`{}`), m.each(ctx, s, given)
		}
		if err != nil {
			return nil, "", err
		}
		out, err := place(input, result, s.ResultPath)
		if string(s.OutputPath) == "null" {
			out = []byte(`{}`)
		}
		return out, s.Next, err
	}
	return nil, "", fmt.Errorf("no state of type %q is known", s.Type)
}

func (m *Machine) task(ctx context.Context, s *state, input []byte) ([]byte, error) {
	do := m.Tasks[s.Resource]
	if do == nil {
		return nil, fmt.Errorf("no task %s", s.Resource)
	}
	tried := make([]int, len(s.Retry))
	for {
		m.invocations.Add(1)
		out, err := do(ctx, input)
		f, ok := errors.AsType[Failed](err)
		if err == nil || !ok {
			return out, err
		}
		again := false
		for i, r := range s.Retry {
			if !names(r.ErrorEquals, f.Name) {
				continue
			}
			most := 3
			if r.MaxAttempts != nil {
				most = *r.MaxAttempts
			}
			if m.MostTries > 0 {
				most = min(most, m.MostTries)
			}
			again = tried[i] < most
			tried[i]++
			break
		}
		if !again {
			return nil, f
		}
		m.transitions.Add(1)
	}
}

// each runs a distributed map over the list that its reader names.
func (m *Machine) each(ctx context.Context, s *state, input []byte) error {
	if s.ItemReader == nil || s.ItemReader.ReaderConfig.InputType != "JSON" || s.ItemProcessor.ProcessorConfig.Mode != "DISTRIBUTED" {
		return errors.New("only a distributed map over a JSON list is known")
	}
	key, _ := at(input, s.ItemReader.Parameters["Key.$"])
	list, err := m.Read(ctx, s.ItemReader.Parameters["Bucket"], fmt.Sprint(key))
	if err != nil {
		return err
	}
	var items []json.RawMessage
	if err := json.Unmarshal(list, &items); err != nil {
		return err
	}
	n, _ := at(input, s.MaxConcurrencyPath)
	most, ok := n.(float64)
	if !ok || most < 1 {
		return Failed{"States.Runtime", "how many run at once is no number"}
	}
	var all sync.WaitGroup
	failed := atomic.Int64{}
	running := make(chan struct{}, int(most))
	for _, item := range items {
		m.children.Add(1)
		running <- struct{}{}
		all.Go(func() {
			defer func() { <-running }()
			if _, err := m.run(ctx, s.ItemProcessor.States, s.ItemProcessor.StartAt, item); err != nil {
				failed.Add(1)
			}
		})
	}
	all.Wait()
	if 100*float64(failed.Load()) > s.ToleratedFailurePercentage*float64(len(items)) {
		return Failed{"States.ExceedToleratedFailureThreshold", "too many children failed"}
	}
	return nil
}

func names(listed []string, name string) bool {
	for _, l := range listed {
		switch {
		case l == name, l == "States.ALL" && name != "States.Runtime" && name != "States.DataLimitExceeded":
			return true
		case l == "States.TaskFailed" && name != "States.Timeout" && !strings.HasPrefix(name, "States."):
			return true
		}
	}
	return false
}

func (c choice) holds(input []byte) (bool, error) {
	switch {
	case c.And != nil || c.Or != nil:
		for _, one := range append(slices.Clone(c.And), c.Or...) {
			if yes, err := one.holds(input); err != nil || yes == (c.Or != nil) {
				return yes, err
			}
		}
		return c.And != nil, nil
	case c.Not != nil:
		yes, err := c.Not.holds(input)
		return !yes, err
	}
	v, there := at(input, c.Variable)
	if c.IsPresent != nil {
		return there == *c.IsPresent, nil
	}
	if !there {
		return false, Failed{"States.Runtime", c.Variable + " is not there"}
	}
	switch {
	case c.BooleanEquals != nil:
		return v == *c.BooleanEquals, nil
	case c.NumericEquals != nil:
		return v == *c.NumericEquals, nil
	case c.StringEquals != nil:
		return v == *c.StringEquals, nil
	}
	return false, errors.New("a choice that asks nothing known")
}

// at returns what is at a path such as $.failed.Error.
func at(document []byte, path string) (any, bool) {
	var v any
	if json.Unmarshal(document, &v) != nil {
		return nil, false
	}
	for _, name := range strings.Split(path, ".")[1:] {
		o, ok := v.(map[string]any)
		if !ok {
			return nil, false
		}
		if v, ok = o[name]; !ok {
			return nil, false
		}
	}
	return v, true
}

// place puts a result where a ResultPath says: absent for instead of the input,
// null for nowhere, $.name for a member of it.
func place(input, result []byte, path json.RawMessage) ([]byte, error) {
	switch {
	case path == nil:
		return result, nil
	case string(path) == "null":
		return input, nil
	}
	var name string
	if err := json.Unmarshal(path, &name); err != nil {
		return nil, err
	}
	var o map[string]json.RawMessage
	if err := json.Unmarshal(input, &o); err != nil {
		return nil, err
	}
	o[strings.TrimPrefix(name, "$.")] = result
	return json.Marshal(o)
}
