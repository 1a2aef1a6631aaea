package lambdaruntime

import (
	"encoding/json"
	"io"
	"time"
)

// Namespace is that of the metrics in CloudWatch.
const Namespace = "Rollbook"

// Metrics counts what alarms look at. Each count is one line of JSON in the
// embedded metric format, which CloudWatch reads out of the log: it costs no
// request. The lines name no institution and no import, so that the number of
// metrics stays what docs/operations.md lists.
type Metrics struct {
	Out   io.Writer
	Stack string // the dimension: stacks of one account count apart
	Now   func() time.Time
}

// Count adds n to the metric of the name. Nothing is written for 0.
func (m Metrics) Count(name string, n int) {
	if n == 0 {
		return
	}
	type metric struct{ Name, Unit string }
	type directive struct {
		Namespace  string
		Dimensions [][]string
		Metrics    []metric
	}
	line, err := json.Marshal(map[string]any{
		"_aws": map[string]any{
			"Timestamp":         m.Now().UnixMilli(),
			"CloudWatchMetrics": []directive{{Namespace, [][]string{{"Stack"}}, []metric{{name, "Count"}}}},
		},
		"Stack": m.Stack,
		name:    n,
	})
	if err != nil {
		panic(err) // texts and numbers
	}
	_, _ = m.Out.Write(append(line, '\n'))
}
