using TorchSharp;

namespace TransferKit;

/// <summary>
/// TorchSharp's arithmetic between tensors and numbers, without its race against the garbage collector. TorchSharp makes a native
/// <see cref="Scalar"/> of every number, also of the 1 that <c>a + b</c> and <c>a.add_(b)</c> multiply b with, and hands its
/// address to libtorch without keeping the object alive: a collection in that instant frees it, and libtorch reads freed memory.
/// Here each <see cref="Scalar"/> lives until the call is over. The library computes with numbers in no other way, which a test
/// of the compiled code sees to.
/// </summary>
/// <remarks>
/// A tensor has the same race. What keeps one alive is a dispose scope, a <c>using</c> or a field, so no intermediate result may
/// be made outside of all three.
/// </remarks>
internal static class TensorArithmetic
{
    private static readonly Scalar One = 1.ToScalar();

    /// <summary><c>a + b</c></summary>
    public static torch.Tensor Add(this torch.Tensor a, torch.Tensor b) => a.add(b, One);

    /// <summary><c>a + b</c></summary>
    public static torch.Tensor Add(this torch.Tensor a, double b)
    {
        using var scalar = b.ToScalar();
        return a.add(scalar, One);
    }

    /// <summary><c>a += b</c></summary>
    public static torch.Tensor AddInPlace(this torch.Tensor a, torch.Tensor b) => a.add_(b, One);

    /// <summary><c>a += factor · b</c></summary>
    public static torch.Tensor AddInPlace(this torch.Tensor a, torch.Tensor b, double factor)
    {
        using var scalar = factor.ToScalar();
        return a.add_(b, scalar);
    }

    /// <summary><c>a += b</c></summary>
    public static torch.Tensor AddInPlace(this torch.Tensor a, double b)
    {
        using var scalar = b.ToScalar();
        return a.add_(scalar, One);
    }

    /// <summary><c>a += b</c>, for tensors of whole numbers too.</summary>
    public static torch.Tensor AddInPlace(this torch.Tensor a, long b)
    {
        using var scalar = b.ToScalar();
        return a.add_(scalar, One);
    }

    /// <summary><c>a²</c></summary>
    public static torch.Tensor Square(this torch.Tensor a) => a * a;

    /// <summary><c>a += factor · b · c</c></summary>
    public static torch.Tensor AddProductInPlace(this torch.Tensor a, torch.Tensor b, torch.Tensor c, double factor)
    {
        using var scalar = factor.ToScalar();
        return a.addcmul_(b, c, scalar);
    }

    /// <summary><c>a += factor · b / c</c></summary>
    public static torch.Tensor AddQuotientInPlace(this torch.Tensor a, torch.Tensor b, torch.Tensor c, double factor)
    {
        using var scalar = factor.ToScalar();
        return a.addcdiv_(b, c, scalar);
    }

    /// <summary><c>a · b</c></summary>
    public static torch.Tensor Multiply(this torch.Tensor a, double b)
    {
        using var scalar = b.ToScalar();
        return a.mul(scalar);
    }

    /// <summary><c>a *= b</c></summary>
    public static torch.Tensor MultiplyInPlace(this torch.Tensor a, double b)
    {
        using var scalar = b.ToScalar();
        return a.mul_(scalar);
    }

    /// <summary><c>a / b</c></summary>
    public static torch.Tensor Divide(this torch.Tensor a, double b)
    {
        using var scalar = b.ToScalar();
        return a.div(scalar);
    }

    /// <summary><c>a /= b</c></summary>
    public static torch.Tensor DivideInPlace(this torch.Tensor a, double b)
    {
        using var scalar = b.ToScalar();
        return a.div_(scalar);
    }

    /// <summary><c>a</c> to the power of <paramref name="exponent"/>.</summary>
    public static torch.Tensor Pow(this torch.Tensor a, double exponent)
    {
        using var scalar = exponent.ToScalar();
        return a.pow(scalar);
    }

    /// <summary>Where <c>a &gt; b</c>.</summary>
    public static torch.Tensor GreaterThan(this torch.Tensor a, double b)
    {
        using var scalar = b.ToScalar();
        return a.gt(scalar);
    }

    /// <summary>Where <c>a</c> is 0.</summary>
    public static torch.Tensor IsZero(this torch.Tensor a)
    {
        using var scalar = 0.ToScalar();
        return a.eq(scalar);
    }

    /// <summary><c>max(a, lowest)</c></summary>
    public static torch.Tensor ClampMin(this torch.Tensor a, double lowest)
    {
        using var scalar = lowest.ToScalar();
        return a.clamp_min(scalar);
    }

    /// <summary><c>min(a, highest)</c></summary>
    public static torch.Tensor ClampMax(this torch.Tensor a, double highest)
    {
        using var scalar = highest.ToScalar();
        return a.clamp_max(scalar);
    }

    /// <summary><c>max(lowest, min(a, highest))</c></summary>
    public static torch.Tensor Clamp(this torch.Tensor a, double lowest, double highest)
    {
        using Scalar low = lowest.ToScalar(), high = highest.ToScalar();
        return a.clamp(low, high);
    }

    /// <summary>As <see cref="Clamp"/>, of the tensor itself.</summary>
    public static torch.Tensor ClampInPlace(this torch.Tensor a, double lowest, double highest)
    {
        using Scalar low = lowest.ToScalar(), high = highest.ToScalar();
        return a.clamp_(low, high);
    }

    /// <summary>Every value becomes <paramref name="value"/>.</summary>
    public static torch.Tensor Fill(this torch.Tensor a, double value)
    {
        using var scalar = value.ToScalar();
        return a.fill_(scalar);
    }

    /// <summary>The whole numbers from <paramref name="start"/> to below <paramref name="end"/> as float32.</summary>
    public static torch.Tensor Range(int start, int end)
    {
        using Scalar first = start.ToScalar(), last = end.ToScalar();
        return torch.arange(first, last, One, torch.ScalarType.Float32);
    }
}
