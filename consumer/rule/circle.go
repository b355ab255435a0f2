package rule

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Circle is all places at most Km kilometres from a point: the value of geo.
type Circle struct {
	Lat, Lon float64 // degrees
	Km       float64
	At       Pos
}

// maxKm is half of the way round the earth: a circle of more holds every place.
const maxKm = 20_038

// EarthKm is the radius of the sphere on which distances are measured: the mean radius of the earth, IUGG.
const EarthKm = 6371.0088

// Position implements Expr.
func (x Circle) Position() Pos  { return x.At }
func (x Circle) String() string { return text(x) }

func (x Circle) print(b *strings.Builder, _ int) {
	number := func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
	fmt.Fprintf(b, "(%s, %s, %skm)", number(x.Lat), number(x.Lon), number(x.Km))
}

// Contains tells whether the point lies in the circle, by the great circle between them.
func (x Circle) Contains(lat, lon float64) bool {
	const degree = math.Pi / 180
	rise, turn := math.Sin((lat-x.Lat)*degree/2), math.Sin((lon-x.Lon)*degree/2)
	// The conversions keep the sum from being fused: every processor rounds alike.
	h := float64(rise*rise) + float64(float64(math.Cos(lat*degree)*math.Cos(x.Lat*degree))*float64(turn*turn))
	return 2*EarthKm*math.Asin(math.Sqrt(min(1, h))) <= x.Km
}

const wantCircle = "geo:(latitude, longitude, radius), such as geo:(48.85, 2.35, 25km)"

// circle reads (lat, lon, radius), radius in km or m.
func (l *lexer) circle() (Circle, error) {
	l.space()
	c := Circle{At: Pos(l.pos)}
	rest, open := strings.CutPrefix(l.in[l.pos:], "(")
	inner, _, closed := strings.Cut(rest, ")")
	parts := strings.Split(inner, ",")
	if !open || !closed || len(parts) != 3 {
		return c, &SyntaxError{Pos: l.pos, Want: wantCircle}
	}
	radius, per := strings.TrimSpace(parts[2]), 1.0
	if km, ok := strings.CutSuffix(radius, "km"); ok {
		radius = km
	} else if m, ok := strings.CutSuffix(radius, "m"); ok {
		radius, per = m, 1000
	} else {
		return c, &SyntaxError{Pos: l.pos, Want: "a radius in km or m: geo:(48.85, 2.35, 25km)"}
	}
	for _, v := range []struct {
		text      string
		to        *float64
		low, high float64
		name      string
	}{
		{parts[0], &c.Lat, -90, 90, "a latitude from -90 to 90"},
		{parts[1], &c.Lon, -180, 180, "a longitude from -180 to 180"},
		{radius, &c.Km, 0, maxKm * per, "a radius of at most 20038km"},
	} {
		f, ok := ParseNumber(strings.TrimSpace(v.text))
		if !ok || f < v.low || f > v.high {
			return c, &SyntaxError{Pos: l.pos, Want: v.name + " in " + "geo:(latitude, longitude, radius)", Found: strconv.Quote(strings.TrimSpace(v.text))}
		}
		*v.to = f
	}
	c.Km /= per
	l.pos += len("(") + len(inner) + len(")")
	return c, nil
}
