// The seam to the FFT library: transforms of real rows and of real volumes in single precision (FFTW3f on the CPU,
// which is GPL; replacing it means rewriting fft.cpp alone). Plans are made once, are kept, and may be used by many
// threads.
//
//   RealFft fft(1024);                       // rows of 1024 samples -> 513 complex values
//   fft.forward(rows, spectra, 16);          // spectra[k] = sum_i rows[i] exp(-2 pi j k i / n), unscaled
//   fft.inverse(spectra, rows, 16);          // times n: divide by n for the inverse; overwrites `spectra`
//
//   VolumeFft volume(48, 40, 200);           // [y][x][t] real -> [y][x][101] complex
//   volume.forward(values, spectrum);        // unscaled
//   volume.inverse(spectrum, values);        // times ny nx nt; overwrites `spectrum`
#pragma once

#include <array>
#include <complex>
#include <cstdint>
#include <memory>

namespace firstlight {

class RealFft {
  public:
    explicit RealFft(std::int64_t n);
    ~RealFft();
    RealFft(RealFft&&) noexcept;
    RealFft& operator=(RealFft&&) noexcept;

    [[nodiscard]] std::int64_t size() const;
    [[nodiscard]] std::int64_t spectrum_size() const { return size() / 2 + 1; }
    // rows[batch][n] <-> spectra[batch][n/2+1]; any alignment.
    void forward(const float* rows, std::complex<float>* spectra, std::int64_t batch) const;
    void inverse(std::complex<float>* spectra, float* rows, std::int64_t batch) const;

  private:
    struct Plan;
    std::unique_ptr<Plan> plan_;
};

// 3-D transforms [ny][nx][nt], t fastest. They share out their rows with parallel_for; each row is transformed by the
// same plan whoever does it, so the bits are the same for any number of threads.
class VolumeFft {
  public:
    VolumeFft(std::int64_t ny, std::int64_t nx, std::int64_t nt);
    ~VolumeFft();
    VolumeFft(VolumeFft&&) noexcept;
    VolumeFft& operator=(VolumeFft&&) noexcept;

    [[nodiscard]] std::array<std::int64_t, 3> shape() const;
    [[nodiscard]] std::int64_t values() const { return shape()[0] * shape()[1] * shape()[2]; }
    [[nodiscard]] std::int64_t half() const { return shape()[2] / 2 + 1; }  // complex values along t
    [[nodiscard]] std::int64_t spectrum_values() const { return shape()[0] * shape()[1] * half(); }
    void forward(const float* values, std::complex<float>* spectrum) const;
    void inverse(std::complex<float>* spectrum, float* values) const;
    // Along y and x only, in place, times ny nx: what is left are the spectra of rows along t.
    void inverse_planes(std::complex<float>* spectrum) const;
    // Along t only, of `rows` rows, times nt; overwrites `spectra`.
    void inverse_rows(std::complex<float>* spectra, float* values, std::int64_t rows) const;

  private:
    struct Plan;
    std::unique_ptr<Plan> plan_;
};

// The next length, n or more, that has no prime factors but 2, 3 and 5: quick to transform.
[[nodiscard]] std::int64_t quick_length(std::int64_t n);

}  // namespace firstlight
