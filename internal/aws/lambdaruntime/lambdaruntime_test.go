package lambdaruntime_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda/messages"

	"rollbook/internal/aws/lambdaruntime"
	"rollbook/internal/domain/fault"
)

func TestReadFillsEveryField(t *testing.T) {
	var config struct {
		Jobs  string `env:"TABLE_JOBS"`
		Files string `env:"BUCKET_FILES"`
	}
	env := map[string]string{"TABLE_JOBS": "jobs", "BUCKET_FILES": "files", "OTHER": "x"}
	if err := lambdaruntime.Read(&config, lookup(env)); err != nil {
		t.Fatal(err)
	}
	if config.Jobs != "jobs" || config.Files != "files" {
		t.Errorf("read %+v", config)
	}
}

func TestReadNamesEverythingThatIsMissing(t *testing.T) {
	var config struct {
		Jobs  string `env:"TABLE_JOBS"`
		Files string `env:"BUCKET_FILES"`
		From  string `env:"MAIL_FROM"`
	}
	err := lambdaruntime.Read(&config, lookup(map[string]string{"BUCKET_FILES": "files", "MAIL_FROM": ""}))
	const want = "environment variables are not set: TABLE_JOBS, MAIL_FROM"
	if err == nil || err.Error() != want {
		t.Errorf("error is %v, want %s", err, want)
	}
}

func lookup(env map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		v, ok := env[name]
		return v, ok
	}
}

func TestStepNamesErrorsForTheMachine(t *testing.T) {
	secret := errors.New("jane@example.org")
	for _, c := range []struct {
		err           error
		name, message string
	}{
		{fault.New(fault.Invalid, "ambiguousColumn", "X", []string{"A", "B"}), "FileRejected", "ambiguousColumn: The label … belongs to several fields (A and B). Use the code in the header."},
		{fault.New(fault.TooLarge, "tooLarge"), "FileRejected", "tooLarge: The request is too large."},
		{fault.Missing(), "ImportMissing", "notFound: There is nothing at this address."},
		{fault.New(fault.Forbidden, "forbidden"), "ImportMissing", "forbidden: Your groups do not allow this."},
		{fault.New(fault.Conflict, "alreadyFinal", nil), "ImportConflict", "alreadyFinal: The import has ended."},
		{fault.Wrap(fault.Busy, "interrupted", secret), "Busy", "interrupted"},
		{fault.Wrap(fault.Internal, "aws", secret), "Unexpected", "aws"},
		{fmt.Errorf("read: %w", fault.Wrap(fault.Busy, "interrupted", secret)), "Busy", "interrupted"},
		{secret, "Unexpected", "something unexpected happened; the log has the cause"},
		{fmt.Errorf("get: %w", context.DeadlineExceeded), "Busy", "the time ran out"},
	} {
		step := lambdaruntime.Step(slog.New(slog.DiscardHandler), func(context.Context, int) (int, error) { return 0, c.err })
		_, err := step(t.Context(), 1)
		// A value, not a pointer: by its type the runtime decides on the name.
		got, ok := err.(messages.InvokeResponse_Error)
		if !ok {
			t.Fatalf("%v: error is a %T", c.err, err)
		}
		if got.Type != c.name || got.Message != c.message {
			t.Errorf("%v: got %s %q, want %s %q", c.err, got.Type, got.Message, c.name, c.message)
		}
	}
}

func TestStepHandsOnTheResultAndLogsTheCause(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&out, nil))
	double := lambdaruntime.Step(log, func(_ context.Context, in int) (int, error) { return 2 * in, nil })
	if got, err := double(t.Context(), 21); got != 42 || err != nil {
		t.Errorf("got %d, %v", got, err)
	}
	fail := lambdaruntime.Step(log, func(context.Context, int) (int, error) {
		return 0, fault.Wrap(fault.Busy, "interrupted", errors.New("table jobs"))
	})
	fail(t.Context(), 1)
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 4 || !strings.Contains(lines[0], "step begins") || !strings.Contains(lines[1], "step done") {
		t.Fatalf("%d log lines, want 4: %s", len(lines), out.String())
	}
	var last map[string]any
	if err := json.Unmarshal([]byte(lines[3]), &last); err != nil {
		t.Fatal(err)
	}
	if last["level"] != "ERROR" || last["kind"] != "busy" || last["cause"] != "interrupted: table jobs" {
		t.Errorf("logged %s", lines[3])
	}
}

type about struct{ id string }

func (a about) LogAttributes() []slog.Attr {
	return []slog.Attr{slog.String("import", a.id), slog.Int("chunk", 7)}
}

// Every line that a step logs says what it works on, also lines of the code that
// it calls; what a line says itself stays.
func TestLinesSayWhatTheyAreAbout(t *testing.T) {
	var out bytes.Buffer
	log := lambdaruntime.NewLogger(slog.NewJSONHandler(&out, nil))
	step := lambdaruntime.Step(log, func(ctx context.Context, in about) (int, error) {
		log.With("a", 1).WarnContext(ctx, "on the way")
		log.WarnContext(ctx, "of another chunk", "chunk", 8)
		return 0, errors.New("broken")
	})
	step(t.Context(), about{"i-1"})
	log.InfoContext(t.Context(), "of nobody")
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 5 {
		t.Fatalf("%d lines: %s", len(lines), out.String())
	}
	for i, want := range []float64{7, 7, 8, 7, 0} {
		var line map[string]any
		if err := json.Unmarshal([]byte(lines[i]), &line); err != nil {
			t.Fatal(err)
		}
		chunk, _ := line["chunk"].(float64)
		id, _ := line["import"].(string)
		if chunk != want || (id == "i-1") != (want > 0) || strings.Count(lines[i], `"chunk"`) > 1 {
			t.Errorf("line %d: %s", i, lines[i])
		}
	}
}

func TestMetricsAreInTheEmbeddedFormat(t *testing.T) {
	var out bytes.Buffer
	m := lambdaruntime.Metrics{Out: &out, Stack: "rollbook", Now: func() time.Time { return time.UnixMilli(1234) }}
	m.Count("UnprocessedRows", 0)
	m.Count("UnprocessedRows", 12)
	const want = `{"Stack":"rollbook","UnprocessedRows":12,"_aws":{"CloudWatchMetrics":[{"Namespace":"Rollbook","Dimensions":[["Stack"]],` +
		`"Metrics":[{"Name":"UnprocessedRows","Unit":"Count"}]}],"Timestamp":1234}}` + "\n"
	if out.String() != want {
		t.Errorf("got  %s\nwant %s", out.String(), want)
	}
}
