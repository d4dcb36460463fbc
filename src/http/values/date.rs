use super::{Malformed, rules};
use core::fmt;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while_m_n};
use nom::character::complete::char;
use nom::combinator::map_opt;
use nom::sequence::{delimited, preceded, separated_pair, terminated};
use nom::{IResult, Parser};

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/// By days since the epoch, which was a Thursday.
const DAYS: [&str; 7] = ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"];

const SECONDS_PER_DAY: i64 = 86_400;

/// A point in time as HTTP has it (RFC 9110 §5.6.7): to the second, from the year 0 to 9999.
///
/// ```
/// use barewire::http::values::Date;
///
/// let date = Date::from_unix(784_111_777).unwrap();
/// assert_eq!(&date.to_bytes(), b"Sun, 06 Nov 1994 08:49:37 GMT");
/// assert_eq!(Date::parse(b"Sunday, 06-Nov-94 08:49:37 GMT", date), Ok(date));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(i64);

impl Date {
    const FIRST: i64 = days_from_civil(0, 1, 1) * SECONDS_PER_DAY;
    const LAST: i64 = days_from_civil(10_000, 1, 1) * SECONDS_PER_DAY - 1;

    /// From the seconds since 1970-01-01T00:00:00Z; `None` before the year 0 and after 9999.
    #[must_use]
    pub const fn from_unix(seconds: i64) -> Option<Self> {
        if Self::FIRST <= seconds && seconds <= Self::LAST { Some(Self(seconds)) } else { None }
    }

    /// The seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn unix(self) -> i64 {
        self.0
    }

    /// In any of the three formats. `now` decides on the century where the year has two digits.
    ///
    /// # Errors
    ///
    /// If it is in none of them, if there is no such day, or if that isn't the day of the week (which the format with
    /// two digits can't be held to). A leap second is taken for the one after it.
    pub fn parse(value: &[u8], now: Self) -> Result<Self, Malformed> {
        rules::all(alt((imf_fixdate, |input| rfc850_date(input, now), asctime_date)), value)
    }

    /// In the only format that may be sent, IMF-fixdate.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 29] {
        let days = self.0.div_euclid(SECONDS_PER_DAY);
        let second = self.0.rem_euclid(SECONDS_PER_DAY);
        let (year, month, day) = civil_from_days(days);
        let mut out = *b"Ddd, 00 Mmm 0000 00:00:00 GMT";
        out[..3].copy_from_slice(&weekday(days).as_bytes()[..3]);
        put(&mut out[5..7], day);
        out[8..11].copy_from_slice(MONTHS[usize::from(month) - 1].as_bytes());
        put(&mut out[12..16], year);
        put(&mut out[17..19], second / 3600);
        put(&mut out[20..22], second / 60 % 60);
        put(&mut out[23..25], second % 60);
        out
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_bytes().escape_ascii().fmt(f)
    }
}

fn put(digits: &mut [u8], number: impl Into<i64>) {
    let mut number = number.into();
    for digit in digits.iter_mut().rev() {
        *digit = b"0123456789"[usize::try_from(number % 10).unwrap_or(0)];
        number /= 10;
    }
}

#[derive(Clone, Copy)]
struct Fields {
    year: u16,
    month: u8,
    day: u8,
    second_of_day: u32,
}

impl Fields {
    /// `None` if there is no such day.
    fn days(self) -> Option<i64> {
        let days = days_from_civil(self.year.into(), self.month.into(), self.day.into());
        (civil_from_days(days) == (self.year.into(), self.month, self.day)).then_some(days)
    }

    fn date(self) -> Option<Date> {
        Date::from_unix(self.days()? * SECONDS_PER_DAY + i64::from(self.second_of_day))
    }

    fn date_on(self, weekday_index: usize) -> Option<Date> {
        let matches = self.days()?.rem_euclid(7) == i64::try_from(weekday_index).ok()?;
        if matches { self.date() } else { None }
    }
}

/// `IMF-fixdate = day-name "," SP day SP month SP year SP time-of-day SP GMT`
fn imf_fixdate(input: &[u8]) -> IResult<&[u8], Date> {
    let date = (
        terminated(day_name, tag(&b", "[..])),
        terminated(digits(2), char(' ')),
        terminated(month, char(' ')),
        terminated(digits(4), char(' ')),
        terminated(time_of_day, tag(&b" GMT"[..])),
    );
    map_opt(date, |(weekday, day, month, year, second_of_day)| {
        Fields { year, month, day: u8::try_from(day).ok()?, second_of_day }.date_on(weekday)
    })
    .parse(input)
}

/// `rfc850-date = day-name-l "," SP day "-" month "-" 2DIGIT SP time-of-day SP GMT`
fn rfc850_date(input: &[u8], now: Date) -> IResult<&[u8], Date> {
    let date = (
        preceded((day_name_l, tag(&b", "[..])), digits(2)),
        delimited(char('-'), month, char('-')),
        terminated(digits(2), char(' ')),
        terminated(time_of_day, tag(&b" GMT"[..])),
    );
    map_opt(date, |(day, month, short_year, second_of_day)| {
        let (this_year, ..) = civil_from_days(now.unix().div_euclid(SECONDS_PER_DAY));
        let this_year = u16::try_from(this_year).ok()?;
        let fields = Fields { year: 0, month, day: u8::try_from(day).ok()?, second_of_day };
        // "Recipients of a timestamp value in rfc850-date format … MUST interpret a timestamp that appears to be more
        // than 50 years in the future as representing the most recent year in the past that had the same last two
        // digits." What is within 50 years may lie in the next century.
        let century = this_year / 100 * 100;
        let limit = fifty_years_after(now)?;
        [century + 100, century].into_iter().chain(century.checked_sub(100)).find_map(|century| {
            let date = Fields { year: century + short_year, ..fields }.date()?;
            (date <= limit).then_some(date)
        })
    })
    .parse(input)
}

fn fifty_years_after(now: Date) -> Option<Date> {
    let (year, month, day) = civil_from_days(now.unix().div_euclid(SECONDS_PER_DAY));
    // The 29th of February becomes the 1st of March, where that year has none.
    let days = days_from_civil(year + 50, month.into(), day.into());
    Date::from_unix((days * SECONDS_PER_DAY + now.unix().rem_euclid(SECONDS_PER_DAY)).min(Date::LAST))
}

/// `asctime-date = day-name SP date3 SP time-of-day SP year`, where `date3 = month SP ( 2DIGIT / ( SP 1DIGIT ) )`
fn asctime_date(input: &[u8]) -> IResult<&[u8], Date> {
    let date = (
        terminated(day_name, char(' ')),
        terminated(month, char(' ')),
        terminated(alt((digits(2), preceded(char(' '), digits(1)))), char(' ')),
        terminated(time_of_day, char(' ')),
        digits(4),
    );
    map_opt(date, |(weekday, month, day, second_of_day, year)| {
        Fields { year, month, day: u8::try_from(day).ok()?, second_of_day }.date_on(weekday)
    })
    .parse(input)
}

/// `time-of-day = hour ":" minute ":" second`, from 00:00:00 to 23:59:60
fn time_of_day(input: &[u8]) -> IResult<&[u8], u32> {
    let time = separated_pair(digits(2), char(':'), separated_pair(digits(2), char(':'), digits(2)));
    map_opt(time, |(hour, (minute, second))| {
        let sound = hour < 24 && minute < 60 && (second < 60 || (hour, minute, second) == (23, 59, 60));
        sound.then(|| u32::from(hour) * 3600 + u32::from(minute) * 60 + u32::from(second))
    })
    .parse(input)
}

fn digits<'a>(count: usize) -> impl Parser<&'a [u8], Output = u16, Error = nom::error::Error<&'a [u8]>> {
    map_opt(take_while_m_n(count, count, |byte: u8| byte.is_ascii_digit()), |digits| {
        rules::as_str(digits)?.parse().ok()
    })
}

/// 1 to 12. "HTTP-date is case sensitive."
fn month(input: &[u8]) -> IResult<&[u8], u8> {
    let letters = take_while_m_n(3, 3, |byte: u8| byte.is_ascii_alphabetic());
    map_opt(letters, |name: &[u8]| {
        (1..).zip(MONTHS).find_map(|(number, month)| (month.as_bytes() == name).then_some(number))
    })
    .parse(input)
}

/// An index into `DAYS`, by its first three letters.
fn day_name(input: &[u8]) -> IResult<&[u8], usize> {
    let letters = take_while_m_n(3, 3, |byte: u8| byte.is_ascii_alphabetic());
    map_opt(letters, |name: &[u8]| DAYS.iter().position(|day| day.as_bytes()[..3] == *name)).parse(input)
}

fn day_name_l(input: &[u8]) -> IResult<&[u8], usize> {
    let letters = take_while_m_n(6, 9, |byte: u8| byte.is_ascii_alphabetic());
    map_opt(letters, |name: &[u8]| DAYS.iter().position(|day| day.as_bytes() == name)).parse(input)
}

fn weekday(days: i64) -> &'static str {
    DAYS[usize::try_from(days.rem_euclid(7)).unwrap_or(0)]
}

/// Days from 1970-01-01 to a day of the proleptic Gregorian calendar. Years are counted from March, so that the leap
/// day comes last, in eras of 400 years, after which the calendar repeats.
const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The year, the month (1 to 12) and the day (1 to 31): the inverse.
fn civil_from_days(days: i64) -> (i64, u8, u8) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, u8::try_from(month).unwrap_or(0), u8::try_from(day).unwrap_or(0))
}
